import * as NodeMultipart from "@effect/platform-node/NodeMultipart"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import type * as Http from "node:http"
import * as connections from "./connections.js"

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

/** Sends a response that the app has not sent itself. */
const send = (
  { method, response }: NodeRequest,
  { body, headers, status }: HttpServerResponse.HttpServerResponse
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (response.writableEnded) return Effect.void
    response.writeHead(status, headers)
    if (method !== "HEAD" && body._tag === "Stream") {
      return connections.writeStream(response, body.stream, () => Effect.void)
    }
    response.end(method !== "HEAD" && body._tag === "Uint8Array" ? body.body : undefined)
    return Effect.void
  })

/** Runs an app for a request. There are no spans. */
const handle = (app: HttpApp.Default<never, Scope.Scope>) => {
  const responded = (request: NodeRequest) =>
    Effect.withFiberRuntime<void, HttpServerError.ResponseError, Request | Scope.Scope>((fiber) =>
      Effect.flatMap(app, (response) => {
        const before = fiber.getFiberRef(HttpApp.currentPreResponseHandlers)
        return before._tag === "None"
          ? send(request, response)
          : Effect.flatMap(before.value(asRequest(request), response), (response) => send(request, response))
      })
    )
  return (request: NodeRequest, services: Context.Context<never>) =>
    Effect.uninterruptible(Effect.flatMap(Scope.make(), (scope) => {
      const context = Context.add(services, HttpServerRequest.HttpServerRequest, asRequest(request)).pipe(
        Context.add(Scope.Scope, scope)
      )
      return Effect.matchCauseEffect(
        Effect.zipRight(FiberRef.set(FiberRef.currentContext, context), responded(request)) as Effect.Effect<
          void,
          HttpServerError.ResponseError
        >,
        {
          onSuccess: () => Scope.close(scope, Exit.void),
          onFailure: (cause) => {
            const { response } = request
            if (!response.headersSent) response.writeHead(500)
            if (!response.writableEnded) response.end()
            return Effect.zipRight(Scope.close(scope, Exit.failCause(cause)), Effect.failCause(cause))
          }
        }
      )
    }))
}

const direct: unique symbol = Symbol.for("@effect-openai/emulator/internal/nodeServer/direct")

type Serve = (app: HttpApp.Default<never, Scope.Scope>) => Effect.Effect<void, never, Scope.Scope>

/** A platform's server, which serves the emulator directly. */
export const withDirect = (platform: HttpServer.HttpServer, server: Http.Server): HttpServer.HttpServer => {
  const serve: Serve = (app) =>
    Effect.flatMap(Effect.runtime<never>(), (runtime) => {
      const runFork = Runtime.runFork(runtime)
      const run = handle(app)
      const onRequest = (source: Http.IncomingMessage, response: Http.ServerResponse) => {
        const fiber = runFork(run(new NodeRequest(source, response), runtime.context))
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
