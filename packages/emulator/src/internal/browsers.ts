import * as Api from "@effect-openai/core/Api"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import type * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
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

/** Lets pages of the accepted origins read the responses. */
export const allowOrigins = ({ origins }: Policy): <E, R>(app: HttpApp.Default<E, R>) => HttpApp.Default<E, R> =>
  HttpMiddleware.cors({
    ...(origins && {
      // No header is undefined.
      allowedOrigins: (origin: string | undefined) =>
        origin !== undefined && (isLoopbackOrigin(origin) || origins.has(origin.toLowerCase()))
    }),
    allowedMethods: ["GET", "HEAD", "POST", "DELETE"],
    exposedHeaders: [
      "x-request-id",
      "openai-processing-ms",
      "openai-poll-after-ms",
      "retry-after",
      "retry-after-ms",
      "x-should-retry",
      "content-disposition",
      "x-emulator-fault",
      ...rateLimitHeaders
    ],
    maxAge: 86_400
  })

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
