import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Admission from "../limits/admission.js"
import type * as Request from "../request/request.js"
import type * as Response from "../response/response.js"
import * as Telemetry from "../telemetry/telemetry.js"
import type * as Transport from "../transport/transport.js"
import * as Attempt from "./attempt.js"
import { CurrentObserver } from "./observer.js"
import * as Retry from "./retry.js"

/** What the calls of a client share. */
export interface Shared {
  readonly send: Transport.Send
  readonly origin: string
  readonly timeout: Duration.Duration
  readonly patience: Duration.Duration
  readonly limit: number
  readonly redact: (text: string) => string
  readonly policy: Partial<Retry.Policy>
  readonly budget: Retry.Budget
  readonly admission: Admission.Admission
}

const contentHeaders = ({ contentLength, contentType }: HttpBody.HttpBody): Record<string, string> => ({
  ...(contentType === undefined ? undefined : { "content-type": contentType }),
  ...(contentLength === undefined ? undefined : { "content-length": String(contentLength) })
})

/** What is sent for one call, the same for each attempt. */
export interface PreparedRequest {
  readonly compiled: Request.Compiled
  readonly cursor: string | undefined
  /** From the origin on, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, unknown>>
  readonly body: Request.Body
}

/**
 * One call, from its first attempt to its last. It is all of it in one object: what is made for each call is made as often
 * as bytes are sent, and lives as long as the network takes.
 */
export class Call<A> implements Attempt.Order<A>, Retry.Subject<A> {
  readonly operation: string
  readonly compiled: Request.Compiled
  readonly cursor: string | undefined
  readonly redact: (text: string) => string
  readonly patience: Duration.Duration
  readonly limit: number
  readonly timeout: Duration.Duration
  readonly body: Request.Body
  readonly budget: Retry.Budget
  readonly replayable: boolean
  budgetRefund = 1
  private admitted: Admission.Admitted = Admission.unlimited

  constructor(
    private readonly shared: Shared,
    private readonly prepared: PreparedRequest,
    readonly observed: Telemetry.Observed,
    private readonly fiber: Fiber.RuntimeFiber<unknown, unknown>,
    readonly success: Attempt.Success<A>
  ) {
    const { body, compiled, cursor } = prepared
    const { endpoint } = compiled
    this.operation = endpoint.name
    this.compiled = compiled
    this.cursor = cursor
    this.redact = shared.redact
    this.patience = shared.patience
    this.limit = shared.limit
    this.timeout = shared.timeout
    this.body = body
    this.budget = shared.budget
    this.replayable = endpoint.replayable
  }

  get policy(): Retry.Policy {
    return Retry.policyOf(this.shared.policy, this.fiber.currentContext)
  }

  outgoing(): Transport.OutgoingRequest {
    const { compiled: { endpoint }, headers, path } = this.prepared
    const body = this.body.make()
    return {
      method: endpoint.method,
      origin: this.shared.origin,
      path,
      headers: body._tag === "Empty" ? headers : { ...headers, ...contentHeaders(body) },
      body
    }
  }

  attempt(retries: number): Effect.Effect<A, Retry.Failure | OpenAiError.LimitExceededError> {
    const { admission } = this.shared
    this.observed.retries = retries
    return admission.isLimited
      ? admission.admit(
        this.prepared,
        () => this.observed.answer,
        (admitted) => {
          this.admitted = admitted
          return this.once()
        },
        this.success.scope
      )
      : this.once()
  }

  private once(): Effect.Effect<A, Retry.Failure> {
    const attempt = Attempt.make(this, this.shared.send, this.fiber)
    const { upload } = this.body
    return upload === undefined ? attempt : Effect.ensuring(attempt, upload.release)
  }

  onBegin(change: 1 | -1): void {
    Telemetry.active(this.observed, change)
  }

  onAnswer(answer: Response.Answer): Effect.Effect<void> | undefined {
    this.observed.status = answer.status
    this.observed.requestId = answer.requestId
    Context.get(this.fiber.currentContext, CurrentObserver)(answer)
    return this.admitted === Admission.unlimited ? undefined : this.admitted.answered(answer)
  }

  onSuccess(): void {
    Retry.succeed(this)
    // A Stream's end is that of its scope.
    if (this.success.scope === undefined) this.onEnd(undefined)
  }

  onEnd(errorType: string | undefined): void {
    Telemetry.finish(this.observed, errorType)
    // A whole answer may be large, and a call is held for longer than it takes.
    if (!this.shared.admission.isLimited) this.observed.answer = undefined
  }

  refuse(reason: OpenAiError.OpenAiError): OpenAiError.UploadNotReplayableError | undefined {
    return this.body.upload?.refuse(this.operation, reason)
  }
}
