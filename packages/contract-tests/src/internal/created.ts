import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { parseJson } from "./json.js"
import * as sse from "./sse.js"

const creates = (root: string): boolean =>
  Contract.endpoints.some(({ method, path }: Endpoint.Any) => method === "POST" && path === root)

/** The operations that delete a created object without outer objects, by the name of the parameter for its ID. */
const deletions: ReadonlyMap<string, { readonly path: string; readonly root: string }> = new Map(
  Contract.endpoints.flatMap(({ method, path }: Endpoint.Any) => {
    const [, root, name] = method === "DELETE" ? /^([^{}]+)\/\{(\w+)\}$/.exec(path) ?? [] : []
    return root === undefined || name === undefined || !creates(root) ? [] : [[name, { path, root }] as const]
  })
)

/** A request and its response. */
export interface Sent {
  readonly endpoint: Endpoint.Any | undefined
  readonly method: string
  readonly path: string
  readonly request: () => string
  readonly status: number | undefined
  readonly response: () => string
}

const isSuccess = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300

const jsonOf = (text: string): unknown => Either.getOrElse(parseJson(text), () => undefined)

/** The paths that delete what a response created: its own object, and objects that the request did not name. */
const createdBy = (sent: Sent): ReadonlyArray<string> => {
  const { endpoint, method, status } = sent
  if (endpoint === undefined || method !== "POST" || !isSuccess(status) || endpoint.path.includes("{")) return []
  const [request, response] = [sent.request(), sent.response()]
  const json = jsonOf(response)
  const objects = json !== undefined
    ? [json]
    : /^(?:event|data):/m.test(response)
    ? sse.parse(response).map(({ data }) => jsonOf(data))
    : []
  return objects.filter(Predicate.isRecord).flatMap((object) =>
    Array.from(deletions, ([name, { path, root }]) => {
      const id = root === endpoint.path ? object["id"] : object[name]
      return typeof id === "string" && id !== "" && !request.includes(JSON.stringify(id))
        ? [path.replace(/\{\w+\}/, encodeURIComponent(id))]
        : []
    }).flat()
  )
}

/** The paths that delete what requests created and did not delete. */
export const left = (all: ReadonlyArray<Sent>): ReadonlyArray<string> => {
  const gone = new Set(
    all.flatMap(({ method, path, status }) =>
      method === "DELETE" && (isSuccess(status) || status === 404) ? [path] : []
    )
  )
  return [...new Set(all.flatMap(createdBy))].filter((path) => !gone.has(path))
}
