import * as AssistantStream from "@effect-openai/core/AssistantStream"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Either from "effect/Either"
import * as Deviation from "../Deviation.js"
import { parseJson } from "./json.js"
import { otherMediaTypes, responseSchemas, shortest } from "./responseSchemas.js"
import * as sse from "./sse.js"

const isJson = /^application\/json\b/i

/** A response, as far as it was read. */
export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** undefined if the body was not read. */
  readonly bytes: Uint8Array | undefined
  /** Whether the body was read to its end. */
  readonly complete: boolean
}

/** The deviations of a response from the documentation. What can't be checked is a deviation too. */
export const checkResponse = (
  operation: string,
  endpoint: Endpoint.Any | undefined,
  { bytes, complete, headers, status }: Response
): ReadonlyArray<Deviation.Finding> => {
  const contentType = headers["content-type"] ?? ""
  const one = (field: string, what: string, example: string | null = null): ReadonlyArray<Deviation.Finding> => [
    { operation, field, what, example: example?.slice(0, 200) ?? null }
  ]
  if (bytes === undefined) return one("", "was not read, so it was not checked")
  const text = new TextDecoder().decode(bytes)

  const inJson = (find: (value: unknown) => ReadonlyArray<Deviation.Finding>) => {
    if (!isJson.test(contentType)) {
      return one("content-type", "should be application/json", contentType)
    }
    // A body that was not read to its end can't be parsed.
    if (!complete) return []
    const json = parseJson(text)
    return Either.isLeft(json) ? one("", "is not JSON", text) : find(json.right)
  }

  const inEvents = ({ named, schema }: Endpoint.Events<any>) => {
    const events = sse.parse(text)
    let hasEnd = false
    const found = events.flatMap(({ data, event }, index) => {
      if (data === "[DONE]") {
        hasEnd = true
        return []
      }
      const json = parseJson(data)
      if (Either.isLeft(json)) return one(`[${index}].data`, "is not JSON", data)
      const value = json.right
      const isError = sse.isError(event, value)
      hasEnd ||= isError
      const found = !isError
        ? Deviation.findings(operation, schema, named ? { event, data: value } : value)
        : event === undefined
        ? Deviation.findings(operation, OpenAiError.ErrorResponse, value)
        : Deviation.findings(operation, AssistantStream.ErrorEvent, { event, data: value })
      return found.map((finding) => ({
        ...finding,
        field: `[${index}]${finding.field === "" ? "" : `.${finding.field}`}`
      }))
    })
    // A stream without a finish_reason may have been read only in part, and a client refuses it.
    return hasEnd || !complete || !/"finish_reason":\s*"/.test(text)
      ? found
      : [...found, ...one("", "does not end with [DONE]", events.at(-1)?.data)]
  }

  if (status >= 400) return inJson((value) => Deviation.findings(operation, OpenAiError.ErrorResponse, value))
  if (status !== 200) return one("status", "should be 200", String(status))
  if (endpoint === undefined) return one("", "is not the response of a documented operation, so it was not checked")
  const { events } = endpoint
  if (events !== undefined && /^text\/event-stream\b/i.test(contentType)) return inEvents(events)
  const { hasOthers, schemas } = responseSchemas(endpoint)
  if (schemas.length === 0 || (hasOthers && !isJson.test(contentType))) {
    const others = otherMediaTypes(endpoint)
    const expected = schemas.length === 0 ? others : ["application/json", ...others]
    const mediaType = contentType.replace(/\s*;.*$/, "").toLowerCase()
    return others.length === 0 || expected.includes(mediaType)
      ? []
      : one("content-type", `should be ${expected.join(" or ")}`, contentType)
  }
  return inJson((value) => shortest(schemas.map((schema) => Deviation.findings(operation, schema, value))))
}
