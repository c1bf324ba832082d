import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import type * as Schema from "effect/Schema"
import { type Limits, readJson, unsupportedContentType } from "./request.js"

type Request = HttpServerRequest.HttpServerRequest

/** A request whose body is read within limits and as JSON only. A form is read by `Form.read`. */
export class LimitedRequest extends Inspectable.Class implements Request {
  readonly [HttpServerRequest.TypeId]: HttpServerRequest.TypeId = HttpServerRequest.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly url: string
  private body: Exit.Exit<unknown> | undefined

  /** `nothing` is the value of an absent body, and `schema` that of a body of JSON. */
  constructor(
    private readonly given: Request,
    private readonly limits: Limits,
    private readonly nothing: {} | undefined,
    private readonly schema: Schema.Schema.All | undefined
  ) {
    super()
    const { url } = given
    // Clients of proxies send the origin too.
    this.url = url.startsWith("/") && !url.includes("#") ? url : url.replace(/^https?:\/\/[^/]*|#.*$/gis, "")
  }

  get source() {
    return this.given.source
  }

  get method() {
    return this.given.method
  }

  get headers() {
    return this.given.headers
  }

  get originalUrl() {
    return this.given.originalUrl
  }

  get cookies() {
    return this.given.cookies
  }

  get remoteAddress() {
    return this.given.remoteAddress
  }

  get stream() {
    return this.given.stream
  }

  get multipartStream() {
    return this.given.multipartStream
  }

  get upgrade() {
    return this.given.upgrade
  }

  /** The body, which is read once. A failure is a defect, as in `HttpApiBuilder`: it is an error of the API. */
  get json(): Effect.Effect<unknown> {
    return this.body ?? Effect.matchCauseEffect(readJson(this.given, this.limits.maxBodyBytes, this.schema), {
      onSuccess: (json) => this.body = Exit.succeed(json === undefined ? this.nothing : json),
      onFailure: (cause) => this.body = Exit.failCause(Cause.flatMap(cause, Cause.die))
    })
  }

  private get unsupported(): Effect.Effect<never> {
    return Effect.dieSync(() => unsupportedContentType(this, "application/json"))
  }

  get text() {
    return this.unsupported
  }

  get urlParamsBody() {
    return this.unsupported
  }

  get arrayBuffer() {
    return this.unsupported
  }

  get multipart() {
    return this.unsupported
  }

  modify(options: Parameters<Request["modify"]>[0]): Request {
    return new LimitedRequest(this.given.modify(options), this.limits, this.nothing, this.schema)
  }

  toJSON(): unknown {
    return this.given.toJSON()
  }
}
