import * as NodeMultipart from "@effect/platform-node/NodeMultipart"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import { forkEach } from "./requestFiber.js"

// Runs the requests of Node's server as `NodeHttpServer` does, in ten effects instead of seventy: as many as everything else
// that a request needs. Only for the emulator, whose responses have no body but bytes and streams of them.

type Request = HttpServerRequest.HttpServerRequest

type Changes = Parameters<Request["modify"]>[0]

/** What `LimitedRequest` reads of a request. */
class NodeRequest {
  readonly [HttpServerRequest.TypeId]: HttpServerRequest.TypeId = HttpServerRequest.TypeId
  readonly url: string
  readonly headers: Headers.Headers

  constructor(
    readonly source: Http.IncomingMessage,
    readonly response: Http.ServerResponse,
    private readonly changes: Changes = {}
  ) {
    this.url = changes.url ?? source.url!
    this.headers = changes.headers ?? source.headers as Headers.Headers
  }

  get method() {
    return this.source.method!.toUpperCase()
  }

  get originalUrl() {
    return this.source.url!
  }

  get cookies() {
    return Cookies.parseHeader(this.headers["cookie"] ?? "")
  }

  get remoteAddress() {
    return Option.fromNullable(this.changes.remoteAddress ?? this.source.socket.remoteAddress)
  }

  get stream() {
    return NodeStream.fromReadable(
      () => this.source,
      (cause) => new HttpServerError.RequestError({ request: asRequest(this), reason: "Decode", cause })
    )
  }

  get multipartStream() {
    return NodeMultipart.stream(this.source, this.source.headers)
  }

  modify(changes: Changes): NodeRequest {
    return new NodeRequest(this.source, this.response, { ...this.changes, ...changes })
  }

  toJSON(): unknown {
    return { _id: "@effect/platform/HttpServerRequest", method: this.method, url: this.originalUrl }
  }
}

/** It has all that the emulator reads, and lacks other ways to read a body: `LimitedRequest` refuses those. */
const asRequest = (request: NodeRequest): Request => request as unknown as Request

const direct: unique symbol = Symbol.for("@effect-openai/emulator/internal/nodeServer/direct")

type Serve = <R>(
  app: HttpApp.Default<never, R | Scope.Scope>,
  runtime: Runtime.Runtime<R>
) => Effect.Effect<void, never, Scope.Scope>

/** A platform's server, which serves the emulator directly. */
export const withDirect = (platform: HttpServer.HttpServer, server: Http.Server): HttpServer.HttpServer => {
  const serve: Serve = (app, runtime) =>
    Effect.suspend(() => {
      const run = forkEach(app, runtime)
      const onRequest = (source: Http.IncomingMessage, response: Http.ServerResponse) => {
        const fiber = run(asRequest(new NodeRequest(source, response)), {
          // The app has sent it.
          onResponse: constVoid,
          onFailure: () => {
            if (!response.headersSent) response.writeHead(500)
            if (!response.writableEnded) response.end()
          }
        })
        response.on("close", () => {
          if (!response.writableEnded) fiber.unsafeInterruptAsFork(HttpServerError.clientAbortFiberId)
        })
      }
      return Effect.acquireRelease(
        Effect.sync(() => server.on("request", onRequest)),
        () => Effect.sync(() => server.off("request", onRequest))
      )
    })
  return Object.assign(Object.create(platform, Object.getOwnPropertyDescriptors(platform)), { [direct]: serve })
}

/** Returns how a server serves the emulator directly, if it can. */
export const directOf = (server: HttpServer.HttpServer): Serve | undefined =>
  // Only `withDirect` sets it.
  Predicate.hasProperty(server, direct) ? server[direct] as Serve : undefined
