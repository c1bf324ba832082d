import { Suite, type Target } from "@effect-openai/contract-tests"
import { Contract } from "@effect-openai/core"
import { Effect } from "effect"
import * as FieldPaths from "../../src/internal/fieldPaths.js"
import { violations } from "../../src/internal/scenarios/violations.js"
import type { Mutation } from "./mutation.js"
import { isScenario, mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

/** Mutations of one kind, one for each operation or field. */
export interface Kind {
  readonly title: string
  readonly mutations: ReadonlyArray<Mutation & { readonly operation: string }>
}

const perOperation = (
  title: string,
  group: string,
  change: Proxy.Change
): Kind => ({
  title,
  mutations: Contract.endpoints.filter(({ name }) => isScenario(`${group}/${name}`)).map(({ name }) => ({
    ...mutation(`${name} ${title}`, `${group}/${name}`, Proxy.of(name, change)),
    operation: name
  }))
})

/** What a server may take that must be refused. */
export const refusals: ReadonlyArray<Kind> = [
  perOperation("takes any key", "authentication", Proxy.withKey),
  perOperation(
    "takes a request without the header OpenAI-Beta",
    "beta",
    Proxy.requests((request) => ({ ...request, headers: { ...request.headers, "openai-beta": "assistants=v1" } }))
  ),
  perOperation(
    "returns 200 for an object that does not exist",
    "notFound",
    Proxy.refusals(404, (response) => ({ ...response, status: 200 }))
  ),
  {
    title: "takes anything for a field",
    mutations: Contract.endpoints.flatMap((endpoint) =>
      [...new Set(violations(endpoint).map(({ field }) => field))].map((field) => ({
        ...mutation(
          `${endpoint.name} takes ${field === undefined ? "any body" : `anything for ${field}`}`,
          `validation/${endpoint.name}`,
          Proxy.of(
            endpoint.name,
            Proxy.refusals(400, (response) => {
              const { error: { message, param } } = Proxy.jsonOf(response) as Proxy.Fields
              const named = (param as string | null)?.split(/[.[]/)[0] ?? /^\w+ -> (\w+)/m.exec(message)?.[1]
              return named === field ? { ...response, status: 200 } : response
            })
          )
        ),
        operation: endpoint.name
      }))
    )
  }
]

/** For each operation and each field of its responses the first scenario that sees it. */
export type Seen = ReadonlyMap<string, ReadonlyMap<string, string>>

export const look = (target: Target.Target): Effect.Effect<Seen, Target.TargetError> => {
  const seen = new Map<string, Map<string, string>>()
  const among = Suite.all.filter(({ group }) => group !== "negative" && group !== "properties")
  return Suite.run({
    target,
    only: among.map(({ id }) => id),
    onExchanges: ({ id }, exchanges) =>
      Effect.sync(() => {
        for (const { response, operation } of exchanges) {
          const success = FieldPaths.endpointOf(operation ?? "")?.success
          if (success?._tag !== "Json" || response?.status !== 200 || response.body?.truncated !== false) continue
          if (!response.headers["content-type"]?.includes("json")) continue
          const places = seen.get(operation!) ?? new Map<string, string>()
          seen.set(operation!, places)
          for (const { path } of FieldPaths.find(success.schema, JSON.parse(response.body.text!))) {
            if (!places.has(path)) places.set(path, id)
          }
        }
      })
  }).pipe(Effect.as(seen))
}

const at = (operation: string, path: string, f: (found: FieldPaths.Found) => void): Proxy.Change => {
  const { success } = FieldPaths.endpointOf(operation)!
  return Proxy.of(
    operation,
    Proxy.bodies((body) => {
      if (success._tag === "Json") {
        FieldPaths.find(success.schema, body).filter((found) => found.path === path).forEach(f)
      }
      return body
    })
  )
}

const kinds: ReadonlyArray<
  readonly [
    title: string,
    applies: (place: FieldPaths.Place) => boolean,
    change: (found: FieldPaths.Found) => void
  ]
> = [
  ["leaves out a required field", ({ required }) => required, ({ holder, name }) => {
    Reflect.deleteProperty(holder, name)
  }],
  ["returns a field of another type", () => true, ({ holder, name, value }) => {
    holder[name] = typeof value === "boolean" ? "yes" : true
  }],
  ["returns null for a field that is never null", ({ nullable }) => !nullable, ({ holder, name }) => {
    holder[name] = null
  }],
  [
    "returns a value that is not listed",
    ({ choices, path }) =>
      (choices.length > 0 && choices.every((choice) => choice.startsWith("\""))) || /(?:^|\.)object$/.test(path),
    ({ holder, name }) => {
      holder[name] = "nothing"
    }
  ],
  ["adds a field that is not documented", ({ path }) => path === "object" || path === "id", ({ holder }) => {
    holder["colour"] = "blue"
  }]
]

/** What may be wrong with each field of each response. */
export const fields = (seen: Seen): ReadonlyArray<Kind> =>
  kinds.map(([title, applies, change]) => ({
    title,
    mutations: Contract.endpoints.flatMap(({ name, success }) =>
      success._tag !== "Json" ? [] : FieldPaths.of(success.schema).flatMap((place) => {
        const scenario = seen.get(name)?.get(place.path)
        return scenario === undefined || !applies(place) ? [] : [{
          ...mutation(`${name} ${title}: ${place.path}`, scenario, at(name, place.path, change)),
          operation: name
        }]
      })
    )
  }))
