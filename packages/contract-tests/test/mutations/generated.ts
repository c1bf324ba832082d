import { Suite, type Target } from "@effect-openai/contract-tests"
import { Contract, type Endpoint } from "@effect-openai/core"
import { Effect } from "effect"
import * as FieldPaths from "../../src/internal/fieldPaths.js"
import { brokenRules, type Violation, violations } from "../../src/internal/scenarios/violations.js"
import { turn } from "../utils/turn.js"
import type { Mutation } from "./mutation.js"
import { isScenario, mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

/** Mutations of one kind, for each operation or field. */
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

/** A server that accepts each field of which a scenario sends wrong values. */
const perField = (
  title: string,
  group: string,
  found: (endpoint: Endpoint.Any) => ReadonlyArray<Violation>,
  what: (field: string | undefined) => string
): Kind => ({
  title,
  mutations: Contract.endpoints.flatMap((endpoint) =>
    [...new Set(found(endpoint).map(({ field }) => field))].map((field) => ({
      ...mutation(
        `${endpoint.name} accepts ${what(field)}`,
        `${group}/${endpoint.name}`,
        Proxy.of(
          endpoint.name,
          Proxy.refusals(400, (response) => {
            const { error: { message, param } } = Proxy.jsonOf(response) as Proxy.Fields
            const named = (param as string | null)?.split(/[.[]/)[0] ?? /^\w+ -> (\w+)/m.exec(message)?.[1]
            return named === field || (named === undefined && field !== undefined && message.includes(field))
              ? { ...response, status: 200 }
              : response
          })
        )
      ),
      operation: endpoint.name
    }))
  )
})

/** Requests that a server accepts although it must refuse them. */
export const refusals: ReadonlyArray<Kind> = [
  perOperation("accepts any key", "authentication", Proxy.withKey),
  perOperation(
    "accepts a request without the header OpenAI-Beta",
    "beta",
    Proxy.requests((request) => ({ ...request, headers: { ...request.headers, "openai-beta": "assistants=v1" } }))
  ),
  perOperation(
    "returns 200 for an object that does not exist",
    "notFound",
    Proxy.refusals(404, (response) => ({ ...response, status: 200 }))
  ),
  perField(
    "accepts any value of a field",
    "validation",
    violations,
    (field) => field === undefined ? "any body" : `any value of ${field}`
  ),
  perField(
    "accepts fields that contradict each other",
    "rules",
    brokenRules,
    (field) => `${field} that contradicts another field`
  )
]

/** The first scenario that receives each field of each operation. Scenarios about the operation come first. */
export type Seen = ReadonlyMap<string, ReadonlyMap<string, string>>

export const look = (target: Target.Target): Effect.Effect<Seen, Target.TargetError> => {
  const seen = new Map<string, Map<string, string>>()
  const among = Suite.all.filter(({ group }) => group !== "negative" && group !== "properties")
  const isAbout = (id: string, operation: string) =>
    among.some((scenario) => scenario.id === id && scenario.operations.includes(operation))
  return Suite.run({
    target,
    only: among.map(({ id }) => id),
    // One after the other: a list then has what its scenario creates, as when the scenario runs alone.
    concurrency: 1,
    onExchanges: ({ id }, exchanges) =>
      Effect.map(turn, () => {
        for (const { response, operation } of exchanges) {
          const endpoint = FieldPaths.endpointOf(operation ?? "")
          if (endpoint === undefined || response?.status !== 200 || response.body?.truncated !== false) continue
          if (!response.headers["content-type"]?.includes("json")) continue
          const paths = seen.get(operation!) ?? new Map<string, string>()
          seen.set(operation!, paths)
          for (const { path } of FieldPaths.inResponse(endpoint, JSON.parse(response.body.text!))) {
            const found = paths.get(path)
            if (found === undefined || (!isAbout(found, operation!) && isAbout(id, operation!))) paths.set(path, id)
          }
        }
      })
  }).pipe(Effect.as(seen))
}

const at = (operation: string, path: string, f: (found: FieldPaths.Found) => void): Proxy.Change => {
  const endpoint = FieldPaths.endpointOf(operation)!
  return Proxy.of(
    operation,
    Proxy.bodies((body) => {
      FieldPaths.inResponse(endpoint, body).filter((found) => found.path === path).forEach(f)
      return body
    })
  )
}

const kinds: ReadonlyArray<
  readonly [
    title: string,
    applies: (fieldPath: FieldPaths.FieldPath) => boolean,
    change: (found: FieldPaths.Found) => void
  ]
> = [
  ["omits a required field", ({ required }) => required, ({ holder, name }) => {
    Reflect.deleteProperty(holder, name)
  }],
  ["returns a field of another type", () => true, ({ holder, name, value }) => {
    holder[name] = typeof value === "boolean" ? "yes" : true
  }],
  ["returns null for a field that is not nullable", ({ nullable }) => !nullable, ({ holder, name }) => {
    holder[name] = null
  }],
  [
    "returns an undocumented value",
    ({ choices, path }) =>
      (choices.length > 0 && choices.every((choice) => choice.startsWith("\""))) || /(?:^|\.)object$/.test(path),
    ({ holder, name }) => {
      holder[name] = "nothing"
    }
  ],
  ["adds an undocumented field", ({ path }) => path === "object" || path === "id", ({ holder }) => {
    holder["colour"] = "blue"
  }]
]

/** Faults of each field of each response. */
export const fields = (seen: Seen): ReadonlyArray<Kind> =>
  kinds.map(([title, applies, change]) => ({
    title,
    mutations: Contract.endpoints.flatMap((endpoint) =>
      FieldPaths.ofResponse(endpoint).flatMap((fieldPath) => {
        const { name } = endpoint
        const scenario = seen.get(name)?.get(fieldPath.path)
        return scenario === undefined || !applies(fieldPath) ? [] : [{
          ...mutation(`${name} ${title}: ${fieldPath.path}`, scenario, at(name, fieldPath.path, change)),
          operation: name
        }]
      })
    )
  }))
