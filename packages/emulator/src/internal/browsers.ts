import * as Api from "@effect-openai/core/Api"
import type * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Options } from "../Emulator.js"
import { rateLimitHeaders } from "./rateLimits.js"

// Any web page can send requests to this machine. A page of another origin must not read responses, and a name that its
// DNS server leads to this machine must not make it a page of this origin.

type Request = HttpServerRequest.HttpServerRequest

/** Which requests are accepted from browsers. Undefined: any. */
export interface Policy {
  /** The names in `Host` that are accepted besides those of loopback, in lower case. */
  readonly hosts: ReadonlySet<string> | undefined
  /** The origins whose pages may read responses besides those of loopback, in lower case. */
  readonly origins: ReadonlySet<string> | undefined
}

const isLoopbackAddress = (address: string): boolean => /^(?:localhost|127(?:\.\d+){3}|::1)$/i.test(address)

/** A host of loopback, with or without a port. No name below `localhost` can be registered. */
const loopbackHost = String.raw`(?:(?:[\w-]+\.)*localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?`

const isLoopbackHost = RegExp.prototype.test.bind(new RegExp(`^${loopbackHost}$`, "i"))

const isLoopbackOrigin = RegExp.prototype.test.bind(new RegExp(`^https?://${loopbackHost}$`, "i"))

const listOf = (given: ReadonlyArray<string>): ReadonlySet<string> | undefined =>
  given.includes("*") ? undefined : new Set(given.map((one) => one.toLowerCase()))

/** The policy of an emulator. `address` is where it listens; undefined in process, where there is no browser. */
export const policyOf = (
  { adminKeys, allowedHosts, apiKeys, cors }: Pick<Options, "adminKeys" | "allowedHosts" | "apiKeys" | "cors">,
  address: HttpServer.Address | undefined
): Policy => {
  // Where only one of the keys is set, the operations of the other accept any.
  const isOpen = address?._tag === "TcpAddress" && (apiKeys === undefined || adminKeys === undefined)
  const isLocal = isOpen && isLoopbackAddress(address.hostname)
  return {
    hosts: listOf(allowedHosts ?? (isLocal ? [] : ["*"])),
    origins: listOf(cors ?? (isOpen ? [] : ["*"]))
  }
}

// -----------------------------------------------------------------------------
// hosts
// -----------------------------------------------------------------------------

const noHost = new Api.ServerError({ status: 400, message: "The request must have exactly one 'Host' header." })

const unknownHost = new Api.ServerError({
  status: 403,
  message: "The request's 'Host' header names another server. The option --allowed-host (allowedHosts) accepts it."
})

const isNamed = (host: string, names: ReadonlySet<string>): boolean =>
  names.has(host.replace(/:\d*$/, "").toLowerCase())

/** Returns whether a request has one `Host` header, as HTTP/1.1 requires. Node's parser keeps the first of several. */
const hasOneHost = ({ headers, source }: Request): boolean => {
  if (!Predicate.hasProperty(source, "rawHeaders")) return true
  const { httpVersion, rawHeaders } = source as { httpVersion: string; rawHeaders: ReadonlyArray<string> }
  if (headers["host"] === undefined) return httpVersion === "1.0"
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === "host") count++
  }
  return count === 1
}

/** The error of a request whose host is missing or not accepted. */
export const refusalOf = (request: Request, { hosts }: Policy): Api.ServerError | undefined => {
  if (!hasOneHost(request)) return noHost
  const { host } = request.headers
  return host === undefined || hosts === undefined || isLoopbackHost(host) || isNamed(host, hosts)
    ? undefined
    : unknownHost
}

// -----------------------------------------------------------------------------
// origins
// -----------------------------------------------------------------------------

/** Headers that let pages of any origin use the API, as the real one does. Their key decides what is allowed. */
const anyOrigin: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": [
    "x-request-id",
    "openai-processing-ms",
    "openai-poll-after-ms",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "content-disposition",
    "x-emulator-fault",
    ...rateLimitHeaders
  ].join(",")
}

/** Returns the headers that let pages of the accepted origins read a response. */
export const allowOrigins = ({ origins }: Policy) =>
(
  { headers: { origin } }: Request,
  response: HttpServerResponse.HttpServerResponse
): Readonly<Record<string, string>> => {
  if (origins === undefined) return anyOrigin
  const { vary } = response.headers
  const isAllowed = origin !== undefined && (isLoopbackOrigin(origin) || origins.has(origin.toLowerCase()))
  return {
    ...(isAllowed ? { ...anyOrigin, "access-control-allow-origin": origin } : undefined),
    vary: vary === undefined ? "Origin" : `${vary}, Origin`
  }
}

/** The response to a browser that asks whether a page may send a request. */
export const preflight = ({ headers }: Request): HttpServerResponse.HttpServerResponse => {
  const asked = headers["access-control-request-headers"]
  return HttpServerResponse.empty({
    headers: {
      "access-control-allow-methods": "GET, HEAD, POST, DELETE",
      "access-control-allow-headers": asked ?? "",
      "access-control-max-age": "86400",
      ...(asked === undefined ? undefined : { vary: "Access-Control-Request-Headers" })
    }
  })
}

/** Host names that need no DNS, and so lead to no other machine. */
const isOwnName = (host: string): boolean => /^(?:localhost|[\d.]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(host)

const foreign = new Api.ServerError({
  status: 403,
  message: "Pages of other origins have no access."
})

/** Refuses requests of pages of other origins, even where a name of theirs leads to this machine. */
export const refuseOtherOrigins = ({ headers }: Request, { hosts }: Policy): Effect.Effect<void, Api.ServerError> => {
  const { host = "", origin, "sec-fetch-site": site } = headers
  if (origin === undefined && site === undefined) return Effect.void
  const isSame = origin === undefined || origin.replace(/^https?:\/\//i, "") === host
  const isNear = site === undefined || site === "same-origin" || site === "none"
  const isOwn = isOwnName(host) || (hosts !== undefined && (isLoopbackHost(host) || isNamed(host, hosts)))
  return isSame && isNear && isOwn ? Effect.void : Effect.fail(foreign)
}
