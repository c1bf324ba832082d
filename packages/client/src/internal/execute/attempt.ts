import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as HttpBody from "@effect/platform/HttpBody"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type * as Request from "../request/request.js"
import * as Response from "../response/response.js"
import type { Observed } from "../telemetry/telemetry.js"
import * as Transport from "../transport/transport.js"
import type { Failure } from "./retry.js"
import * as Timeout from "./timeout.js"

/** What is made of a success. */
export interface Success<A> {
  /** What a success lasts for that is handed out as it comes. */
  readonly scope: Scope.Scope | undefined
  readonly receive: (attempt: Attempt<A>, body: Transport.Body, answer: Response.Answer) => void
}

/** What is done once, or again. */
export interface Order<A> extends Response.Call {
  readonly outgoing: () => Transport.OutgoingRequest
  readonly body: Request.Body
  readonly timeout: Duration.Duration
  readonly compiled: Request.Compiled
  readonly observed: Observed
  readonly success: Success<A>
  /** Is told that one more is in flight, or one less; a stream is until its scope ends. */
  readonly onBegin: (change: 1 | -1) => void
  /** Sees each answer when it begins; what it wants to be done is done before the answer is handed out. */
  readonly onAnswer: (answer: Response.Answer) => Effect.Effect<void> | undefined
  readonly onSuccess: () => void
  /** Is told of what is neither a success nor a failure: a defect, or an interruption. */
  readonly onEnd: (errorType: string) => void
}

/** The longest body of an error, of which the beginning is kept, and of what is read away. */
const maxErrorBytes = 65_536

/**
 * Sends a request, follows its redirects, and reads its answer. It is one wait: all that it holds it lets go of before its
 * fiber goes on, or is interrupted. So it does of the answer: V8 makes a function old at once that is written where it is
 * assigned to a property, as Effect's are for each wait, and what such a one refers to is held until the next full
 * collection.
 */
export class Attempt<A> implements Transport.Receiver {
  exchange: Transport.Exchange | undefined = undefined
  private outgoing!: Transport.OutgoingRequest
  private redirects = 0
  private phase: "headers" | "body" = "headers"
  private late = false
  private ended = false
  private settled = false
  cancel: () => void
  private before: Effect.Effect<void> | undefined = undefined
  private value: A | undefined = undefined

  constructor(
    readonly order: Order<A>,
    private readonly send: Transport.Send,
    readonly fiber: Fiber.RuntimeFiber<unknown, unknown>,
    private readonly resume: (effect: Effect.Effect<A, Failure>) => void
  ) {
    order.onBegin(1)
    this.cancel = Timeout.schedule(fiber, order.timeout, () => {
      this.late = true
      this.abort()
    })
    this.start(order.outgoing())
  }

  private start(outgoing: Transport.OutgoingRequest): void {
    this.outgoing = outgoing
    this.exchange = this.send(outgoing, this.fiber, this)
    // A clock may be over before it has begun.
    if (this.late) this.abort()
  }

  /** Lets go of all that is held, once. */
  end(): boolean {
    if (this.ended) return false
    this.ended = true
    this.cancel()
    this.order.onBegin(-1)
    return true
  }

  abort(): void {
    this.exchange?.abort()
  }

  interrupt(): Effect.Effect<void> {
    if (this.end()) this.order.onEnd("interrupted")
    return this.exchange?.interrupt() ?? Effect.void
  }

  settle(result: Effect.Effect<A, Failure>): void {
    this.settled = true
    this.resume(this.before === undefined ? result : Effect.zipRight(this.before, result))
  }

  fail(error: OpenAiError.OpenAiError, shouldRetry?: boolean): void {
    if (!this.end()) return
    const { order, phase } = this
    const { timeout } = order
    this.settle(Effect.fail(
      this.late
        ? {
          shouldRetry: undefined,
          error: new OpenAiError.TimeoutError({
            operation: order.operation,
            cursor: order.cursor,
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
    this.order.onSuccess()
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
    if (this.settled) return
    this.order.onEnd(cause._tag === "Interrupt" ? "interrupted" : "_OTHER")
    this.settle(Effect.failCause(cause))
  }

  onFailure(failed: Transport.Failed): void {
    const { order } = this
    this.fail(order.body.upload?.unreadable(order) ?? Response.transportError(failed, order))
  }

  onHead(head: Transport.Head, body: Transport.Body): void {
    this.guard(() => this.receive(head, body))
  }

  /** Does what is called back for. A defect, of a tracer say, would be lost in the transport, and the call wait for ever. */
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
        if (this.late) return this.onFailure(Transport.aborted())
        this.redirects++
        this.start(next())
      })
    }
    const { order } = this
    const answer = new Response.Answer(head, order)
    this.phase = "body"
    this.before = order.onAnswer(answer)
    if (status < 200 || status > 299) {
      return this.drain(body, (bytes) => {
        const { error, shouldRetry } = Response.failureOf(bytes, answer, this.fiber)
        this.fail(error, shouldRetry)
      })
    }
    order.success.receive(this, body, answer)
  }

  /** As much of a body that is no success as comes soon: its status is known, and says more than how it ended. */
  drain(body: Transport.Body, done: (bytes: Uint8Array) => void): void {
    const cancel = Timeout.schedule(this.fiber, this.order.patience, () => this.abort())
    const outer = this.cancel
    this.cancel = () => {
      cancel()
      outer()
    }
    this.read(body, maxErrorBytes, (bytes) => {
      cancel()
      done(bytes)
    })
  }

  read(body: Transport.Body, limit: number, done: (bytes: Uint8Array, end: Transport.End) => void): void {
    body.read(limit, (bytes, end) => this.guard(() => done(bytes, end)))
  }

  /**
   * Where to go on, if that may be followed: a GET anywhere, but to another origin without any secret; anything else only
   * within its origin and only where method and body stay. What is not followed is the answer.
   */
  private redirected({ headers: { location }, status }: Transport.Head): (() => Transport.OutgoingRequest) | undefined {
    const { method, origin, path } = this.outgoing
    if (location === undefined || this.redirects === 10 || !URL.canParse(location, origin + path)) return undefined
    const target = new URL(location, origin + path)
    if (!/^https?:$/.test(target.protocol)) return undefined
    const within = target.origin === origin
    const unchanged = within && (status === 307 || status === 308) && !this.order.body.upload?.isOneShot
    if (method !== "GET" && !unchanged) return undefined
    const to = { origin: target.origin, path: target.pathname + target.search }
    // Once away from the origin no secret comes back, not even on a way that leads home again.
    return within && !Transport.hasNoCredentials(this.outgoing.headers)
      ? () => ({ ...this.order.outgoing(), ...to })
      : () => ({ ...to, method: "GET", headers: { accept: "*/*" }, body: HttpBody.empty })
  }
}

/** Does what is ordered once. */
export const make = <A>(
  order: Order<A>,
  send: Transport.Send,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Effect.Effect<A, Failure> =>
  Effect.async((resume) => {
    const attempt = new Attempt(order, send, fiber, resume)
    return Effect.suspend(() => attempt.interrupt())
  })
