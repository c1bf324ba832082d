import type * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Effect from "effect/Effect"
import type * as Scenario from "../../Scenario.js"
import type * as Wire from "../../Wire.js"
import { all } from "./all.js"
import type { Any, Ids, Samples } from "./sample.js"

const resources: { readonly [R in Contract.ResourceName]: Samples<R> } = all

const samples: Readonly<Record<string, Any>> = Object.assign({}, ...Object.values<object>(resources))

/** The sample of an operation. */
export const of = ({ name }: Endpoint.Any): Any => samples[name]!

/** The names of the parameters in an operation's path. */
export const parametersOf = ({ path }: Endpoint.Any): ReadonlyArray<string> =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name!)

/** What a target must be able to do for the objects in an operation's path to exist. */
export const requires = (
  endpoint: Endpoint.Any,
  parameters = parametersOf(endpoint)
): ReadonlyArray<Scenario.Capability> => {
  if (parameters.length === 0) return []
  return [
    ...new Set(["stateful" as const, ...parameters.flatMap((name) => parameterOf(endpoint, name).requires ?? [])])
  ]
}

const parameterOf = (endpoint: Endpoint.Any, name: string) => of(endpoint).parameters![name]!

/** An ID that no object has, for a parameter of an operation's path. */
export const unknownId = (endpoint: Endpoint.Any, name: string): string => parameterOf(endpoint, name).unknown

/** Creates the objects of an operation's path, or of the parameters given, below those that exist. */
export const objects = (
  endpoint: Endpoint.Any,
  parameters = parametersOf(endpoint),
  existing: Ids = {},
  index = 0
): Effect.Effect<Ids, Scenario.Failure, Scenario.Services> =>
  Effect.reduce(
    parameters,
    existing,
    (ids, name) => Effect.map(parameterOf(endpoint, name).create(ids, index), (id) => ({ ...ids, [name]: id }))
  )

/** An operation's path. A parameter that is not given is an unknown ID. */
export const pathOf = (endpoint: Endpoint.Any, ids: Ids): string =>
  endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? unknownId(endpoint, name)))

const queryOf = (endpoint: Endpoint.Any): string => {
  const { query } = of(endpoint)
  return query === undefined ? "" : `?${new URLSearchParams(query)}`
}

/** A form as it is sent. */
export const form = (
  ...parts: ReadonlyArray<readonly [name: string, content: string, fileName?: string | undefined]>
): Pick<Wire.Request, "body" | "headers"> => ({
  headers: { "content-type": "multipart/form-data; boundary=contract" },
  body:
    parts.map(([name, content, fileName]) =>
      `--contract\r\ncontent-disposition: form-data; name="${name}"${
        fileName === undefined ? "" : `; filename="${fileName}"`
      }\r\n\r\n${content}\r\n`
    ).join("") + "--contract--\r\n"
})

/** The parts of an operation's smallest form. */
export const partsOf = (
  endpoint: Endpoint.Any,
  models: Scenario.Models
): ReadonlyArray<readonly [name: string, content: string, fileName?: string | undefined]> => {
  const files: ReadonlyArray<string> = endpoint.body._tag === "Multipart" ? endpoint.body.files : []
  return Object.entries(of(endpoint).body?.(models) ?? {}).map(([name, content]) =>
    [name, String(content), files.includes(name) ? "facts.txt" : undefined] as const
  )
}

/** The smallest request of an operation. It is valid, but names unknown objects where none are given. */
export const request = (endpoint: Endpoint.Any, ids: Ids, models: Scenario.Models): Wire.Request => ({
  method: endpoint.method,
  path: pathOf(endpoint, ids) + queryOf(endpoint),
  ...(endpoint.body._tag === "Json"
    ? { json: of(endpoint).body?.(models) }
    : endpoint.body._tag === "Multipart"
    ? form(...partsOf(endpoint, models))
    : {})
})

export type { Ids } from "./sample.js"
