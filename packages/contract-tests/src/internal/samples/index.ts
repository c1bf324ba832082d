import type * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Effect from "effect/Effect"
import type * as Scenario from "../../Scenario.js"
import type * as Wire from "../../Wire.js"
import { all } from "./all.js"
import type { Any, File, Ids, Samples } from "./sample.js"

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

/** A part of a form. A part with a file name is a file. */
export type Part = readonly [name: string, content: string | Uint8Array, fileName?: string | undefined]

/** A form as it is sent. */
export const form = (...parts: ReadonlyArray<Part>): Pick<Wire.Request, "body" | "headers"> => {
  const pieces = parts.flatMap(([name, content, fileName]) => [
    `--contract\r\ncontent-disposition: form-data; name="${name}"${
      fileName === undefined ? "" : `; filename="${fileName}"`
    }\r\n\r\n`,
    content,
    "\r\n"
  ])
  const bytes = [...pieces, "--contract--\r\n"].map((piece) =>
    typeof piece === "string" ? new TextEncoder().encode(piece) : piece
  )
  return {
    headers: { "content-type": "multipart/form-data; boundary=contract" },
    body: new Uint8Array(Buffer.concat(bytes))
  }
}

const isFile = (value: unknown): value is File => typeof value === "object" && value !== null && "fileName" in value

/** The fields of a body as the parts of a form. */
export const toParts = (endpoint: Endpoint.Any, body: object): ReadonlyArray<Part> => {
  const files: ReadonlyArray<string> = endpoint.body._tag === "Multipart" ? endpoint.body.files : []
  return Object.entries(body).map(([name, value]): Part =>
    isFile(value)
      ? [name, value.content, value.fileName]
      : [name, String(value), files.includes(name) ? "facts.txt" : undefined]
  )
}

/** The parts of an operation's smallest form. */
export const partsOf = (endpoint: Endpoint.Any, models: Scenario.Models): ReadonlyArray<Part> =>
  toParts(endpoint, of(endpoint).body?.(models) ?? {})

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
