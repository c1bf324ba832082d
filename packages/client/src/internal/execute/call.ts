import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Admission from "../limits/admission.js"
import type * as Request from "../request/request.js"
import type * as Response from "../response/response.js"
import type { Redact } from "../secrets.js"
import * as Telemetry from "../telemetry/telemetry.js"
import type * as Transport from "../transport/transport.js"
import * as Attempt from "./attempt.js"
import { CurrentObserver } from "./observer.js"
import * as Retry from "./retry.js"

// The sequence of a call:
//
// 1. A function of `Operation` passes the endpoint, the request and a runner to the client. The runner is `buffered`,
//    which returns the response as one value, or `streamed`, which returns a Stream.
// 2. The runner has the client prepare the request: validate it, encode path, query and body, add the headers. An invalid
//    request ends here.
// 3. `Retry.retry` calls `Call.attempt`, again after each failure that the policy and the budget let it retry.
// 4. `Call.attempt` waits for admission: a permit of the concurrency limit, and room in the rate limits.
// 5. `Attempt` sends the request by the transport, and follows redirects. It reports the response to `Call.onResponse`,
//    which feeds telemetry, observers and rate limits.
// 6. A status of 2xx: the runner's `Success` buffers and decodes the body, or returns it as a Stream. Any other: the
//    attempt drains the body, and fails with the error of the status.
// 7. `Call.onSuccess` refunds the budget, and `Call.onEnd` finishes span and metrics: at the end of a buffered response,
//    for a Stream at the end of its scope.

/** What all calls of a client share. */
export interface Shared {
  readonly send: Transport.Send
  readonly origin: string
  readonly timeout: Duration.Duration
  readonly errorBodyTimeout: Duration.Duration
  readonly maxBodyBytes: number
  readonly redact: Redact
  readonly policy: Partial<Retry.Policy>
  readonly budget: Retry.Budget
  readonly admission: Admission.Admission
}

/** A validated and encoded request, the same for each attempt. */
export interface PreparedRequest {
  readonly endpoint: Endpoint.Any
  readonly cursor: string | undefined
  /** Path and query, from the origin. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Whether it may be sent again although the server may have acted on it. */
  readonly replayable: boolean
  /** The fields of the body. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly body: Request.Body
  readonly responseKind: Request.ResponseKind
}

/** Adds the headers of a body. One spread: V8 copies an object fast only into an empty one. */
const withContent = (
  headers: Readonly<Record<string, string>>,
  { contentLength, contentType }: HttpBody.HttpBody
): Readonly<Record<string, string>> => {
  const all: Record<string, string> = { ...headers }
  if (contentType !== undefined) all["content-type"] = contentType
  if (contentLength !== undefined) all["content-length"] = String(contentLength)
  return all
}

/** Keeps all state of a call in one object, so that a call allocates little. */
export class Call<A> implements Response.CallContext {
  readonly operation: string
  readonly cursor: string | undefined
  readonly redact: Redact
  readonly maxBodyBytes: number
  readonly budget: Retry.Budget
  readonly replayable: boolean
  private readonly isLimited: boolean
  /** What a success returns to the budget. */
  budgetRefund = 1
  private admitted: Admission.Admitted | undefined = undefined

  constructor(
    readonly shared: Shared,
    readonly prepared: PreparedRequest,
    readonly observed: Telemetry.Observed,
    private readonly fiber: Fiber.RuntimeFiber<unknown, unknown>,
    readonly success: Attempt.Success<A>
  ) {
    const { cursor, endpoint } = prepared
    this.operation = endpoint.name
    this.cursor = cursor
    this.redact = shared.redact
    this.maxBodyBytes = shared.maxBodyBytes
    this.budget = shared.budget
    this.replayable = prepared.replayable
    this.isLimited = shared.admission.isLimited(endpoint)
  }

  /** Read once, after the first failure. */
  get policy(): Retry.Policy {
    return Retry.policyOf(this.shared.policy, this.fiber.currentContext)
  }

  outgoing(): Transport.OutgoingRequest {
    const { body: { make }, endpoint, headers, path } = this.prepared
    const body = make()
    return {
      method: endpoint.method,
      origin: this.shared.origin,
      path,
      headers: body._tag === "Empty" ? headers : withContent(headers, body),
      body
    }
  }

  attempt(retries: number): Effect.Effect<A, Retry.Failure | OpenAiError.LimitExceededError> {
    const { admission } = this.shared
    this.observed.retries = retries
    return this.isLimited
      ? admission.admit(
        this.prepared,
        () => this.observed.responseBody,
        (admitted) => {
          this.admitted = admitted
          return this.attemptOnce()
        },
        this.success.scope
      )
      : this.attemptOnce()
  }

  private attemptOnce(): Effect.Effect<A, Retry.Failure> {
    const attempt = Attempt.make(this, this.shared.send, this.fiber)
    const { upload } = this.prepared.body
    return upload === undefined ? attempt : Effect.ensuring(attempt, upload.release)
  }

  /** One more request is in flight, or one less. */
  onActive(change: 1 | -1): void {
    Telemetry.active(this.observed, change)
  }

  /** The head of a response was received. The returned effect runs before the call returns. */
  onResponse(response: Response.Response): Effect.Effect<void> | undefined {
    this.observed.status = response.status
    this.observed.requestId = response.requestId
    Context.get(this.fiber.currentContext, CurrentObserver)(response)
    return this.admitted?.onResponse(response)
  }

  onSuccess(): void {
    Retry.refund(this)
    // A Stream ends with its scope.
    if (this.success.scope === undefined) this.onEnd(undefined)
  }

  onEnd(errorType: string | undefined): void {
    Telemetry.finish(this.observed, errorType)
    // A buffered response may be large, and the call outlives it.
    if (!this.isLimited) this.observed.responseBody = undefined
  }

  /** Returns an error where the same request can't be sent again. */
  refuseRetry(reason: OpenAiError.OpenAiError): OpenAiError.UploadNotReplayableError | undefined {
    return this.prepared.body.upload?.refuseRetry(this.operation, reason)
  }
}
