import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as HttpBody from "@effect/platform/HttpBody"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Errors from "../response/errors.js"
import * as Response from "../response/response.js"
import * as Transport from "../transport/transport.js"
import type { Call } from "./call.js"
import type { Failure } from "./retry.js"
import * as Timeout from "./timeout.js"

/** What an attempt does with a response of status 2xx. */
export interface Success<A> {
  /** The lifetime of a streamed response. Undefined for a buffered one. */
  readonly scope: Scope.Scope | undefined
  readonly receive: (attempt: Attempt<A>, body: Transport.Body, response: Response.Response) => void
}

/** How much of the body of an error response, or of a redirect, is read. */
const maxErrorBytes = 65_536

const maxRedirects = 10

/**
 * Sends a request once, follows its redirects, and reads the response. All of it is one `Effect.async`, whose resources
 * are released before the fiber resumes or is interrupted. The response is released too: V8 allocates closures that are
 * assigned to a property in its old space while their code is not optimized, as Effect's are for each wait, and what they
 * refer to survives until the next full collection.
 */
export class Attempt<A> implements Transport.Receiver {
  exchange: Transport.Exchange | undefined = undefined
  private outgoing!: Transport.OutgoingRequest
  private redirects = 0
  private phase: "headers" | "body" = "headers"
  private isExpired = false
  private isEnded = false
  private isSettled = false
  cancelTimeout: () => void
  private before: Effect.Effect<void> | undefined = undefined
  private value: A | undefined = undefined

  constructor(
    readonly call: Call<A>,
    private readonly send: Transport.Send,
    readonly fiber: Fiber.RuntimeFiber<unknown, unknown>,
    private readonly resume: (effect: Effect.Effect<A, Failure>) => void
  ) {
    call.onActive(1)
    this.cancelTimeout = Timeout.schedule(fiber, call.shared.timeout, () => {
      this.isExpired = true
      this.abort()
    })
    this.start(call.outgoing())
  }

  private start(outgoing: Transport.OutgoingRequest): void {
    this.outgoing = outgoing
    this.exchange = this.send(outgoing, this.fiber, this)
    // A test's clock can expire before the request is sent.
    if (this.isExpired) this.abort()
  }

  /** Releases all resources. Returns whether that was not done before. */
  end(): boolean {
    if (this.isEnded) return false
    this.isEnded = true
    this.cancelTimeout()
    this.call.onActive(-1)
    return true
  }

  abort(): void {
    this.exchange?.abort()
  }

  interrupt(): Effect.Effect<void> {
    if (this.end()) this.call.onEnd("interrupted")
    return this.exchange?.interrupt() ?? Effect.void
  }

  settle(result: Effect.Effect<A, Failure>): void {
    this.isSettled = true
    this.resume(this.before === undefined ? result : Effect.zipRight(this.before, result))
  }

  fail(error: OpenAiError.OpenAiError, shouldRetry?: boolean): void {
    if (!this.end()) return
    const { call: { cursor, operation, shared: { timeout } }, phase } = this
    this.settle(Effect.fail(
      this.isExpired
        ? {
          shouldRetry: undefined,
          error: new OpenAiError.TimeoutError({
            operation,
            cursor,
            phase,
            timeout,
            message: `No ${phase} within ${Duration.format(timeout)}`
          })
        }
        : { shouldRetry, error }
    ))
  }

  succeed(value: A): void {
    if (!this.end()) return
    this.call.onSuccess()
    this.value = value
    this.exchange = undefined
    this.settle(Effect.sync(() => {
      const value = this.value as A
      this.value = undefined
      return value
    }))
  }

  onDefect(cause: Cause.Cause<never>): void {
    this.end()
    if (this.isSettled) return
    this.call.onEnd(cause._tag === "Interrupt" ? "interrupted" : "_OTHER")
    this.settle(Effect.failCause(cause))
  }

  onFailure(failed: Transport.Failed): void {
    const { call } = this
    this.fail(call.prepared.body.upload?.readError(call) ?? Errors.fromTransport(failed, call))
  }

  onHead(head: Transport.Head, body: Transport.Body): void {
    this.guard(() => this.receive(head, body))
  }

  /** Runs a callback. The transport would lose its defect, of a tracer for example, and the call would never end. */
  private guard(task: () => void): void {
    try {
      task()
    } catch (defect) {
      this.onDefect(Cause.die(defect))
    }
  }

  private receive(head: Transport.Head, body: Transport.Body): void {
    const { status } = head
    const next = status >= 300 && status <= 399 ? this.redirected(head) : undefined
    if (next !== undefined) {
      return this.drain(body, () => {
        if (this.isExpired) return this.onFailure(Transport.aborted())
        this.redirects++
        this.start(next())
      })
    }
    const { call } = this
    const response = new Response.Response(head, call)
    this.phase = "body"
    this.before = call.onResponse(response)
    if (status < 200 || status > 299) {
      return this.drain(body, (bytes) => {
        const { error, shouldRetry } = Errors.fromResponse(bytes, response, this.fiber)
        this.fail(error, shouldRetry)
      })
    }
    if (head.undecoded !== "") {
      return this.drain(
        body,
        () => this.fail(response.invalid("", `The transport does not decode the content coding ${head.undecoded}`))
      )
    }
    call.success.receive(this, body, response)
  }

  /** Reads a body that is not a success, as far as it is received in time. How it ends does not matter: the status counts. */
  drain(body: Transport.Body, done: (bytes: Uint8Array) => void): void {
    const cancel = Timeout.schedule(this.fiber, this.call.shared.errorBodyTimeout, () => this.abort())
    const outer = this.cancelTimeout
    this.cancelTimeout = () => {
      cancel()
      outer()
    }
    this.read(body, maxErrorBytes, (bytes) => {
      cancel()
      done(bytes)
    })
  }

  read(body: Transport.Body, maxBytes: number, done: (bytes: Uint8Array, end: Transport.End) => void): void {
    body.read(maxBytes, (bytes, end) => this.guard(() => done(bytes, end)))
  }

  /**
   * Returns the next request, where the redirect may be followed: a GET to any URL, but without secrets to another origin.
   * Other methods only within the origin, and only where method and body stay. A redirect that is not followed is the
   * response.
   */
  private redirected({ headers: { location }, status }: Transport.Head): (() => Transport.OutgoingRequest) | undefined {
    const { method, origin, path } = this.outgoing
    if (location === undefined || this.redirects === maxRedirects || !URL.canParse(location, origin + path)) {
      return undefined
    }
    const target = new URL(location, origin + path)
    if (!/^https?:$/.test(target.protocol)) return undefined
    const isSameOrigin = target.origin === origin
    const isUnchanged = isSameOrigin && (status === 307 || status === 308) && !this.call.prepared.body.upload?.isOneShot
    if (method !== "GET" && !isUnchanged) return undefined
    const to = { origin: target.origin, path: target.pathname + target.search }
    // After another origin the request stays without secrets, even if it is redirected back.
    return isSameOrigin && !Transport.hasNoCredentials(this.outgoing.headers)
      ? () => ({ ...this.call.outgoing(), ...to })
      : () => ({ ...to, method: "GET", headers: { accept: "*/*" }, body: HttpBody.empty })
  }
}

export const make = <A>(
  call: Call<A>,
  send: Transport.Send,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Effect.Effect<A, Failure> =>
  Effect.async((resume) => {
    const attempt = new Attempt(call, send, fiber, resume)
    return Effect.suspend(() => attempt.interrupt())
  })
