import { OpenAiError } from "@effect-openai/core"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { inspect } from "node:util"

const fields = { operation: "listFiles", message: "What went wrong" }

const response = (status: number): OpenAiError.ResponseFields => ({
  ...fields,
  status,
  requestId: "req_1",
  type: "invalid_request_error",
  param: "limit",
  code: "too_big",
  retryAfter: Duration.seconds(2)
})

const unlimited = { limit: undefined, remaining: undefined, reset: undefined }
const limited = { ...response(429), limit: { requests: unlimited, tokens: unlimited } }

type OtherError =
  | OpenAiError.PaginationError
  | OpenAiError.RefusalError
  | OpenAiError.StreamInterruptedError
  | OpenAiError.ToolCallError
  | OpenAiError.UploadNotReplayableError

type AnyError = OpenAiError.OpenAiError | OtherError

type Category = "retryable" | "throttling" | "authentication" | "invalidRequest"

const reason = new OpenAiError.InternalServerError(response(503))

const cases: ReadonlyArray<readonly [error: AnyError, categories: ReadonlyArray<Category>]> = [
  [new OpenAiError.BadRequestError(response(400)), ["invalidRequest"]],
  [new OpenAiError.AuthenticationError(response(401)), ["authentication"]],
  [new OpenAiError.PermissionDeniedError(response(403)), ["authentication"]],
  [new OpenAiError.NotFoundError(response(404)), ["invalidRequest"]],
  [new OpenAiError.RequestTooLargeError(response(413)), ["invalidRequest"]],
  [new OpenAiError.ConflictError(response(409)), ["retryable"]],
  [new OpenAiError.UnprocessableEntityError(response(422)), ["invalidRequest"]],
  [new OpenAiError.RateLimitError(limited), ["retryable", "throttling"]],
  [new OpenAiError.InsufficientQuotaError(limited), ["throttling"]],
  [new OpenAiError.InternalServerError(response(500)), ["retryable"]],
  [new OpenAiError.UnexpectedStatusError({ ...response(418), body: "" }), []],
  [new OpenAiError.UnexpectedStatusError({ ...response(408), body: "" }), ["retryable"]],
  [new OpenAiError.UnexpectedStatusError({ ...response(502), body: "<html>" }), ["retryable"]],
  [new OpenAiError.TimeoutError({ ...fields, phase: "headers", timeout: Duration.minutes(10) }), ["retryable"]],
  [new OpenAiError.TransportError({ ...fields, code: "ECONNRESET", sent: true }), ["retryable"]],
  [
    new OpenAiError.LimitExceededError({
      ...fields,
      exceeded: "tokens",
      timeout: Duration.minutes(1),
      retryAfter: Duration.seconds(90)
    }),
    ["retryable"]
  ],
  [new OpenAiError.InvalidRequestError({ ...fields, field: "limit" }), ["invalidRequest"]],
  [new OpenAiError.InvalidResponseError({ ...fields, status: 200, requestId: "req_1", field: "data" }), []],
  [new OpenAiError.UploadNotReplayableError({ ...fields, field: "file", reason }), []],
  [new OpenAiError.PaginationError(fields), []],
  [new OpenAiError.StreamInterruptedError({ ...fields, requestId: "req_1", events: 3 }), []],
  [new OpenAiError.RefusalError({ ...fields, requestId: "req_1" }), []],
  [new OpenAiError.ToolCallError({ ...fields, functionName: "add", toolCallId: "call_1" }), []]
]

const predicates = {
  retryable: OpenAiError.isRetryable,
  throttling: OpenAiError.isThrottling,
  authentication: OpenAiError.isAuthentication,
  invalidRequest: OpenAiError.isInvalidRequest
}

describe("OpenAiError", () => {
  it("tests every class", () => {
    const classes = Object.keys(OpenAiError).filter((name) => /^[A-Z].*Error$/.test(name))
    assert.sameMembers([...new Set(cases.map(([error]) => error._tag))], classes)
  })

  for (const [error, categories] of cases) {
    describe(`${error._tag}${"status" in error ? ` ${error.status}` : ""}`, () => {
      it("is in its categories only", () => {
        const found = (Object.keys(predicates) as Array<Category>).filter((category) => predicates[category](error))
        assert.deepStrictEqual(found, [...categories])
      })

      it("prints its tag and message, and all fields in JSON", () => {
        assert.instanceOf(error, Error)
        assert.strictEqual(error.name, error._tag)
        assert.strictEqual(String(error), `${error._tag}: What went wrong`)
        assert.include(inspect(error), `${error._tag}: What went wrong`)
        const json = JSON.parse(JSON.stringify(error))
        assert.strictEqual(json._tag, error._tag)
        assert.deepInclude(json, fields)
        if ("status" in error) assert.strictEqual(json.status, error.status)
      })
    })
  }

  it("isRetryableStatus is true for 408, 409, 429 and 5xx", () => {
    const statuses = [400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 499, 500, 502, 503, 529]
    assert.deepStrictEqual(statuses.filter(OpenAiError.isRetryableStatus), [408, 409, 429, 500, 502, 503, 529])
  })

  it.effect("is caught by its tag with its fields", () =>
    Effect.gen(function*() {
      const failing: Effect.Effect<never, OpenAiError.OpenAiError> = new OpenAiError.RateLimitError(limited)
      const handled = failing.pipe(
        Effect.catchTag("RateLimitError", ({ retryAfter }) => Effect.succeed(retryAfter))
      )
      expectTypeOf<Effect.Effect.Error<typeof handled>>().toEqualTypeOf<
        Exclude<OpenAiError.OpenAiError, OpenAiError.RateLimitError>
      >()
      assert.deepStrictEqual(yield* handled, Duration.seconds(2))
    }))

  it("guards narrow", () => {
    const error = cases[7]![0]
    assert.isTrue(OpenAiError.isThrottling(error))
    if (OpenAiError.isThrottling(error)) {
      expectTypeOf(error).toEqualTypeOf<OpenAiError.RateLimitError | OpenAiError.InsufficientQuotaError>()
      assert.deepStrictEqual(error.limit.requests, unlimited)
    }
  })
})

describe("parseErrorBody", () => {
  const shapes: ReadonlyArray<readonly [name: string, body: unknown, expected: Partial<OpenAiError.ErrorBody>]> = [
    [
      "the documented envelope",
      { error: { message: "No.", type: "invalid_request_error", param: "limit", code: null } },
      { message: "No.", type: "invalid_request_error", param: "limit" }
    ],
    ["a number as code", { error: { message: "No.", code: 429 } }, { message: "No.", code: "429" }],
    ["`error` as text", { error: "No." }, { message: "No." }],
    ["`error` as text next to a message", { error: "Bad Request", message: "No." }, { message: "No." }],
    ["no envelope", { object: "error", message: "No.", code: 400 }, { message: "No.", code: "400" }],
    ["an array around the envelope", [{ error: { message: "No.", code: 429 } }], { message: "No.", code: "429" }],
    ["`detail` as text", { detail: "No." }, { message: "No." }],
    [
      "`detail` as a list",
      { detail: [{ loc: ["body", "model"], msg: "field required" }, { msg: "No." }] },
      { message: "body.model: field required; No." }
    ],
    ["a message that is an object", { object: "error", message: { detail: [{ msg: "No." }] } }, { message: "No." }],
    ["`errors`", { errors: [{ message: "No.", code: 7003 }], success: false }, { message: "No." }],
    [
      "problem details",
      { type: "about:blank", title: "Too Many Requests", status: 429, detail: "No." },
      { message: "No.", type: "about:blank" }
    ],
    ["problem details without detail", { title: "Too Many Requests" }, { message: "Too Many Requests" }],
    ["a text", "No.", { message: "No." }]
  ]
  for (const [name, body, expected] of shapes) {
    it(`reads ${name}`, () => {
      const nothing = { type: undefined, param: undefined, code: undefined }
      assert.deepEqual(OpenAiError.parseErrorBody(body), { ...nothing, ...expected } as OpenAiError.ErrorBody)
    })
  }

  it("returns undefined without a message", () => {
    for (const body of [undefined, null, {}, [], { error: {} }, { error: null }, "", true, { message: "" }]) {
      assert.isUndefined(OpenAiError.parseErrorBody(body), JSON.stringify(body))
    }
  })
})

describe("findError", () => {
  it("finds an error in a body with a status of 2xx", () => {
    for (
      const body of [
        { error: { message: "No." } },
        { error: "No." },
        [{ error: { message: "No." } }],
        { object: "error", message: "No." },
        { type: "error", message: "No." }
      ]
    ) assert.strictEqual(OpenAiError.findError(body)?.message, "No.", JSON.stringify(body))
  })

  it("returns undefined for other bodies", () => {
    for (const body of [{ error: null, id: "x" }, { message: "Hi" }, { detail: "high" }, [], null, "text"]) {
      assert.isUndefined(OpenAiError.findError(body), JSON.stringify(body))
    }
  })
})

describe("statusOf", () => {
  it("is the status that is the code, or the one that belongs to the code or the type", () => {
    const statuses: ReadonlyArray<readonly [status: number, error: Partial<OpenAiError.ErrorBody>]> = [
      [429, { code: "429" }],
      [404, { code: "404", type: "invalid_request_error" }],
      [429, { code: "rate_limit_exceeded", type: "requests" }],
      [429, { type: "rate_limit_error" }],
      [429, { code: "insufficient_quota", type: "insufficient_quota" }],
      [401, { code: "invalid_api_key", type: "invalid_request_error" }],
      [401, { type: "authentication_error" }],
      [400, { code: undefined, type: "invalid_request_error" }],
      [400, { code: "invalid_prompt" }],
      [500, { type: "server_error" }],
      [500, { code: "1429", type: "42" }],
      [500, {}]
    ]
    for (const [status, error] of statuses) {
      assert.strictEqual(OpenAiError.statusOf(error), status, JSON.stringify(error))
    }
  })
})
