import {
  AssistantFiles,
  Assistants,
  ChatCompletions,
  Files,
  OpenAiClient,
  Operation,
  Retry
} from "@effect-openai/client"
import { Endpoint, FileSource, type OpenAiError } from "@effect-openai/core"
import { FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert } from "@effect/vitest"
import { Cause, Chunk, Deferred, Effect, Exit, Fiber, Logger, Redacted, Schema, Stream, TestClock } from "effect"
import { inspect } from "node:util"
import * as Behaviour from "../utils/behaviour.js"
import * as Client from "../utils/client.js"
import * as Conversation from "../utils/conversation.js"
import * as Models from "../utils/models.js"
import * as Server from "../utils/server.js"
import * as Tracing from "../utils/tracer.js"
import { content, create, failsWith, get, ok } from "./calls.js"

export const section = Behaviour.section("Requests, responses, secrets and files", "input.ts")
const { behaviour } = section

// -----------------------------------------------------------------------------
// 20: path parameters
// -----------------------------------------------------------------------------

/** The request of a caller without types. */
const untyped = <A>(value: unknown): A => value as A

for (
  const id of ["", ".", "..", "%2e", "%2E", "%2e%2e", ".%2E", "%2e.", "\ud800", "asst_\udfff", undefined, null, 7, {}]
) {
  behaviour(
    20,
    `a path parameter of ${JSON.stringify(id) ?? id} is refused`,
    (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(ok)
        const refused = failsWith("InvalidRequestError")
        yield* Effect.gen(function*() {
          for (
            const error of [
              yield* refused(Assistants.retrieve({ assistant_id: untyped(id) })),
              yield* refused(Assistants.delete({ assistant_id: untyped(id) })),
              yield* refused(Assistants.modify({ assistant_id: untyped(id) })),
              yield* refused(AssistantFiles.list({ assistant_id: untyped(id) }))
            ]
          ) {
            assert.strictEqual(error.field, "assistant_id")
            assert.include(error.message, error.operation)
          }
          const { field } = yield* refused(AssistantFiles.retrieve({ assistant_id: "asst_1", file_id: untyped(id) }))
          assert.strictEqual(field, "file_id")
        }).pipe(on.against(server))
        assert.strictEqual(server.connections(), 0)
      })
  )
}

for (
  const [id, path] of [
    ["a?b/c", "a%3Fb%2Fc"],
    ["../files", "..%2Ffiles"],
    ["a#b", "a%23b"],
    ["a b&c=d", "a%20b%26c%3Dd"],
    ["%2e%2e%2f", "%252e%252e%252f"],
    ["...", "..."],
    ["a\r\nb", "a%0D%0Ab"],
    ["\\..\\", "%5C..%5C"],
    ["数学", "%E6%95%B0%E5%AD%A6"],
    ["{file_id}", "%7Bfile_id%7D"],
    ["$&", "%24%26"]
  ] as const
) {
  behaviour(20, `the path parameter ${JSON.stringify(id)} is encoded`, (on) =>
    Effect.gen(function*() {
      const file = { id: "file-1", object: "assistant.file", created_at: 1, assistant_id: id }
      const server = yield* Server.make(ok, Server.json(file))
      yield* Assistants.retrieve({ assistant_id: id }).pipe(on.against(server))
      yield* AssistantFiles.retrieve({ assistant_id: id, file_id: "file-1" }).pipe(on.against(server))
      assert.deepStrictEqual(server.requests.map(({ url }) => url), [
        `/v1/assistants/${path}`,
        `/v1/assistants/${path}/files/file-1`
      ])
    }))
}

// -----------------------------------------------------------------------------
// 21: responses that are not as documented
// -----------------------------------------------------------------------------

for (
  const [name, body, message] of [
    ["HTML", "<html><body><p>Bad\ngateway</p></body></html>", "Bad gateway"],
    ["HTML with a title", "<html><head><title>Not here</title></head><body>nginx</body></html>", "Not here"],
    ["an empty body", "", "The server responded with status 404"],
    ["an error as text", "{\"error\": \"text\"}", "text"],
    ["an error without an envelope", "{\"code\": 404, \"message\": \"flat\"}", "flat"],
    ["an error in an array", "[{\"error\": {\"message\": \"listed\"}}]", "listed"],
    ["a field `detail`", "{\"detail\": \"Not Found\"}", "Not Found"],
    ["problem details", "{\"title\": \"Gone\", \"detail\": \"It was deleted.\"}", "It was deleted."],
    ["JSON null", "null", "The server responded with status 404: null"],
    ["2 MB of text", "y".repeat(2_000_000), `${"y".repeat(200)}…`]
  ] as const
) {
  behaviour(21, `the class of an error follows the status for ${name}`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.text(body, 404, { "x-request-id": "req_1" }))
      const error = yield* get.pipe(on.against(server), failsWith("NotFoundError"))
      assert.deepInclude(error, { operation: "getAssistant", status: 404, requestId: "req_1", message })
    }))
}

for (
  const [name, body, kept] of [
    ["2 MB", "y".repeat(2_000_000), "y".repeat(4096)],
    [
      "an envelope of 2 MB",
      JSON.stringify({ error: { message: "z".repeat(2_000_000) } }),
      "{\"error\":{\"message\":\"" + "z".repeat(4075)
    ],
    ["characters of several bytes", "a" + "é".repeat(5000), "a" + "é".repeat(2047)]
  ] as const
) {
  behaviour(21, `an unexpected status keeps 4,096 bytes of ${name}`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.text(body, 418))
      const error = yield* get.pipe(on.against(server), failsWith("UnexpectedStatusError"))
      assert.strictEqual(error.body, kept)
    }))
}

behaviour(21, "the class of an error follows the status for a body that ends early", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.cut("reset", 403))
    const error = yield* get.pipe(on.against(server), failsWith("PermissionDeniedError"))
    assert.strictEqual(error.status, 403)
  }))

for (
  const [status, tag] of [
    [400, "BadRequestError"],
    [401, "AuthenticationError"],
    [403, "PermissionDeniedError"],
    [404, "NotFoundError"],
    [409, "ConflictError"],
    [413, "RequestTooLargeError"],
    [422, "UnprocessableEntityError"],
    [429, "RateLimitError"],
    [500, "InternalServerError"],
    [503, "InternalServerError"],
    [418, "UnexpectedStatusError"]
  ] as const
) {
  behaviour(21, `${status} is a ${tag}`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.error(status, { "x-request-id": "req_1" }, { param: "id", code: 7 }))
      const error = yield* get.pipe(Retry.none, on.against(server), failsWith(tag))
      assert.deepInclude(error, {
        operation: "getAssistant",
        status,
        requestId: "req_1",
        message: `said ${status}`,
        type: "test_error",
        param: "id",
        code: "7"
      })
    }))
}

for (
  const [name, body, field] of [
    ["HTML", "<html>Sign in</html>", ""],
    ["nothing", "", ""],
    ["half of it", "{\"id\":", ""],
    ["an array", "[]", ""],
    [
      "a wrong field",
      JSON.stringify({ ...Models.assistant(), tools: [{ type: "code_interpreter" }, { type: "function" }] }),
      "tools[1].function"
    ]
  ] as const
) {
  behaviour(21, `a 200 with ${name} is an InvalidResponseError`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.text(body, 200, { "x-request-id": "req_1" }))
      const error = yield* get.pipe(Client.atOnce, on.against(server), failsWith("InvalidResponseError"))
      assert.deepInclude(error, { operation: "getAssistant", status: 200, requestId: "req_1", field })
      assert.strictEqual(server.requests.length, 1)
      assert.isBelow(error.message.length, 300)
    }))
}

for (
  const [name, error, expected] of [
    ["an error", { message: "overloaded" }, { _tag: "InternalServerError", status: 500, message: "overloaded" }],
    ["an error as text", "overloaded", { _tag: "InternalServerError", status: 500, message: "overloaded" }],
    ["a status in an error", { message: "slow", code: 429 }, { _tag: "RateLimitError", status: 429, code: "429" }],
    ["a code in an error", { message: "no", code: "invalid_api_key" }, { _tag: "AuthenticationError", status: 401 }]
  ] as const
) {
  behaviour(21, `a 200 with ${name} fails with the error's class, as an event does`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ error }, 200, { "x-request-id": "req_1" }))
      const found = yield* Effect.flip(get.pipe(Retry.none, on.against(server)))
      assert.deepInclude<object>(found, { operation: "getAssistant", requestId: "req_1", ...expected })
    }))
}

const chat = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] }
const events = { "content-type": "text/event-stream" }
const limited = { maxBodyBytes: 100_000 }
const tooLong = Server.endless(200, "x".repeat(10_000), { "content-length": "1000000000" })

for (
  const [name, call, reply] of [
    ["an object of a known length", get, tooLong],
    ["an object without an end", get, Server.endless(200, " ".repeat(10_000))],
    ["a download of a known length", Files.content({ file_id: "file-1" }), tooLong],
    ["a download without an end", Files.content({ file_id: "file-1" }), Server.endless()],
    [
      "an event's line without an end",
      Stream.runDrain(ChatCompletions.create.stream(chat)),
      Server.endless(200, `data: ${"x".repeat(10_000)}`, events)
    ],
    [
      "an event of lines without an end",
      Stream.runDrain(ChatCompletions.create.stream(chat, { onInvalidEvent: "skip" })),
      Server.endless(200, "data: x\n".repeat(1000), events)
    ],
    [
      "an event's name without an end",
      Stream.runDrain(ChatCompletions.create.stream(chat)),
      Server.endless(200, "event", events)
    ]
  ] as const
) {
  behaviour(
    21,
    `${name}, above maxBodyBytes is an InvalidResponseError, and closes its connection`,
    (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(reply)
        yield* Effect.gen(function*() {
          const error = yield* Effect.asVoid<
            unknown,
            OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError,
            OpenAiClient.OpenAiClient
          >(call).pipe(failsWith("InvalidResponseError"))
          assert.match(error.message, /is larger than 100000 bytes$/)
          yield* server.gone(0)
        }).pipe(Client.atOnce, on.against(server, limited))
        assert.strictEqual(server.requests.length, 1)
        // Bytes that were sent and not read are in the buffers of the system.
        assert.isBelow(server.written(0), 20_000_000)
      })
  )
}

behaviour(
  21,
  "a response of exactly maxBodyBytes is a success",
  (on) =>
    Effect.gen(function*() {
      const text = JSON.stringify(Models.assistant()).padEnd(100_000)
      const server = yield* Server.make(
        Server.text(text),
        Server.pieces([text.slice(0, 60_000), text.slice(60_000)]),
        Server.pieces([text, " "])
      )
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* get).id, "asst_1")
        assert.strictEqual((yield* get).id, "asst_1")
        yield* failsWith("InvalidResponseError")(get)
      }).pipe(on.against(server, limited))
    })
)

behaviour(21, "a body without a length keeps characters that are split between chunks", (on) =>
  Effect.gen(function*() {
    const name = "Grüße, 世界 👋".repeat(1000)
    const bytes = Buffer.from(JSON.stringify({ ...Models.assistant(), name }))
    const server = yield* Server.make(Server.pieces([bytes.subarray(0, 7001), bytes.subarray(7001)]))
    assert.strictEqual((yield* get.pipe(on.against(server))).name, name)
  }))

behaviour(23, "a download as a Stream may be larger than maxBodyBytes", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.text("x".repeat(300_000)))
    const size = yield* Stream.runFold(content, 0, (size, { length }) => size + length).pipe(
      on.against(server, limited)
    )
    assert.strictEqual(size, 300_000)
  }))

behaviour(13, "a stream of events may be larger than maxBodyBytes", (on) =>
  Effect.gen(function*() {
    const one = Conversation.event(Conversation.chunk({ content: "x".repeat(1000) }))
    const server = yield* Server.make(Conversation.reply(...Array.from({ length: 200 }, () => one), Conversation.done))
    const count = yield* Stream.runCount(ChatCompletions.create.stream(chat)).pipe(on.against(server, limited))
    assert.strictEqual(count, 200)
  }))

// -----------------------------------------------------------------------------
// 22: redirects and secrets
// -----------------------------------------------------------------------------

const secretHeaders = ["authorization", "openai-organization", "openai-project", "openai-beta"]

behaviour(22, "redirects: 307 and 308 within the origin repeat the request", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.redirect(307, "/v1/elsewhere"), Server.redirect(308, "further"), ok)
    yield* create.pipe(on.against(server))
    const [first, second, third] = server.requests
    assert.deepStrictEqual(server.requests.map((request) => request.url), [
      "/v1/assistants",
      "/v1/elsewhere",
      "/v1/further"
    ])
    for (const request of [second!, third!]) {
      assert.strictEqual(request.method, "POST")
      assert.deepStrictEqual(request.body(), first!.body())
      for (const name of secretHeaders) assert.strictEqual(request.headers[name], first!.headers[name])
    }
  }))

behaviour(22, "redirects: a GET within the origin keeps its secrets", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.redirect(302, "/v1/elsewhere?x=1"), ok)
    yield* get.pipe(on.against(server))
    const [first, second] = server.requests
    assert.strictEqual(second!.url, "/v1/elsewhere?x=1")
    for (const name of secretHeaders) {
      assert.isString(first!.headers[name])
      assert.strictEqual(second!.headers[name], first!.headers[name])
    }
  }))

behaviour(
  22,
  "redirects: a GET to another origin has no secrets, also when it is redirected back",
  (on) =>
    Effect.gen(function*() {
      const home: { url?: string } = {}
      const stranger = yield* Server.make(() => Server.redirect(302, home.url!))
      const server = yield* Server.make(Server.redirect(302, `${stranger.origin}/away`), ok)
      home.url = `${server.origin}/v1/home`
      yield* get.pipe(on.against(server))
      assert.deepStrictEqual(stranger.requests.map(({ method, url }) => [method, url]), [["GET", "/away"]])
      for (const request of [stranger.requests[0]!, server.requests[1]!]) {
        for (const name of secretHeaders) assert.isUndefined(request.headers[name])
      }
    })
)

for (const status of [301, 302, 303, 307, 308]) {
  behaviour(22, `redirects: a POST is not sent to another origin for ${status}`, (on) =>
    Effect.gen(function*() {
      const stranger = yield* Server.make(ok)
      const server = yield* Server.make(Server.redirect(status, `${stranger.origin}/away`))
      const error = yield* create.pipe(on.against(server), failsWith("UnexpectedStatusError"))
      assert.strictEqual(error.status, status)
      assert.strictEqual(stranger.requests.length, 0)
    }))
}

for (const status of [301, 302, 303]) {
  behaviour(22, `redirects: a POST does not become a GET for ${status}`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.redirect(status, "/v1/elsewhere"))
      yield* create.pipe(on.against(server), failsWith("UnexpectedStatusError"))
      assert.strictEqual(server.requests.length, 1)
    }))
}

behaviour(
  22,
  "redirects: an upload from a source that can be read once is not sent again",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.redirect(307, "/v1/elsewhere"))
      const file = FileSource.fromStream("notes.txt", Stream.make(new Uint8Array([1])))
      yield* Files.upload({ file, purpose: "assistants" }).pipe(on.against(server), failsWith("UnexpectedStatusError"))
      assert.strictEqual(server.requests.length, 1)
    })
)

behaviour(22, "redirects: a loop ends after ten", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.redirect(302, "/v1/again"))
    yield* get.pipe(on.against(server), failsWith("UnexpectedStatusError"))
    assert.strictEqual(server.requests.length, 11)
  }))

for (const location of ["http://", "file:///etc/passwd", "data:application/json,{}", "javascript:1"]) {
  behaviour(22, `redirects: one to ${location} is not followed`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.redirect(302, location))
      const error = yield* get.pipe(on.against(server), failsWith("UnexpectedStatusError"))
      assert.strictEqual(error.status, 302)
    }))
}

for (const option of ["apiKey", "adminKey", "organization", "project"] as const) {
  behaviour(
    22,
    `a line break in ${option} is refused, and not shown`,
    (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(ok)
        for (const text of ["marked\r\nx-injected: 1", "marked\n"]) {
          const error = yield* OpenAiClient.make({
            ...Client.credentials,
            baseUrl: server.origin,
            [option]: Redacted.make(text)
          }).pipe(Effect.provide(on.transport), Effect.flip)
          assert.include(String(error), option)
          assert.notInclude(inspect(error) + String(error) + JSON.stringify(error), "marked")
        }
        assert.strictEqual(server.connections(), 0)
      })
  )
}

const everySecret = Object.values(Client.secrets).join(" ")

for (
  const [name, reply] of [
    ["an error that repeats them", Server.error(401, { "x-request-id": everySecret }, { message: everySecret })],
    ["HTML that repeats them", Server.text(`<p>${everySecret}</p>`, 502)],
    ["a success that repeats them", Server.json({ id: [everySecret] })],
    ["a redirect with them", Server.redirect(302, `http://${Client.secrets.apiKey}@127.0.0.1:1/`)],
    ["what is not HTTP and repeats them", Server.raw(`${everySecret}\r\n\r\n`)],
    ["a reset", Server.reset],
    ["a broken body", Server.cut("reset")]
  ] as const
) {
  behaviour(22, `errors, logs and spans of ${name} have no secret`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(reply)
      const { spans, tracer } = Tracing.make()
      const logged: Array<unknown> = []
      const logger = Logger.make(({ cause, message }) => void logged.push(message, Cause.pretty(cause)))
      const exit = yield* get.pipe(
        Retry.none,
        Effect.tapErrorCause((cause) => Effect.logError("failed", cause)),
        Effect.exit,
        on.against(server),
        Effect.withTracer(tracer),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert(Exit.isFailure(exit))
      const error = Cause.squash(exit.cause)
      const seen = [error, exit, logged, ...spans.map(({ attributes, events, exit }) => [attributes, events, exit])]
        .map((value) => `${value} ${JSON.stringify(value)} ${inspect(value, { depth: 20, showHidden: true })}`)
        .join()
      assert.include(seen, "getAssistant")
      assert.include(server.requests[0]!.headers.authorization, "marked")
      assert.notInclude(seen, "marked")
    }))
}

// -----------------------------------------------------------------------------
// 23: files
// -----------------------------------------------------------------------------

/** A file that is deleted at the end of the test. */
const onDisk = (bytes: Uint8Array, size = bytes.length) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const path = `${yield* fileSystem.makeTempDirectoryScoped()}/training.jsonl`
    yield* fileSystem.writeFile(path, bytes)
    yield* fileSystem.truncate(path, size)
    return yield* FileSource.fromPath(path)
  }).pipe(Effect.provide([NodeFileSystem.layer, NodePath.layer]), Effect.orDie)

const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i % 251))

behaviour(23, "a download as bytes", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.text(bytes))
    const all = yield* Files.content({ file_id: "file-1" }).pipe(on.against(server))
    assert.instanceOf(all, Uint8Array)
    assert.isTrue(bytes.equals(all))
    assert.strictEqual(server.requests[0]!.headers.accept, "application/octet-stream")
  }))

behaviour(23, "a download as a Stream", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.text(bytes))
    const chunks = yield* Stream.runCollect(content).pipe(on.against(server))
    assert.isTrue(bytes.equals(Buffer.concat([...chunks])))
  }))

behaviour(23, "an empty download", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.text(""), Server.raw("HTTP/1.1 204 No Content\r\n\r\n"))
    assert.strictEqual((yield* Files.content({ file_id: "file-1" }).pipe(on.against(server))).length, 0)
    assert.strictEqual(yield* Stream.runCount(content).pipe(on.against(server)), 0)
  }))

behaviour(
  23,
  "a download as a Stream is retried until its first byte, and each run is a request",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.error(500), Server.text("a"), Server.text("b"))
      const text = Stream.mkString(Stream.decodeText(content)).pipe(Client.atOnce, on.against(server))
      assert.strictEqual(yield* text, "a")
      assert.strictEqual(yield* text, "b")
      assert.strictEqual(server.requests.length, 3)
    })
)

behaviour(23, "a download that ends early emits the bytes before", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.cut("end"))
    const seen: Array<Uint8Array> = []
    yield* Stream.runForEach(content, (chunk) => Effect.sync(() => seen.push(chunk))).pipe(
      on.against(server),
      failsWith("TransportError")
    )
    assert.strictEqual(Buffer.concat(seen).toString(), "{\"id\":\"asst")
    assert.strictEqual(server.requests.length, 1)
  }))

behaviour(
  23,
  "an idle download times out, and closes its connection",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.hush("abc"))
      yield* Effect.gen(function*() {
        const first = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(Stream.runForEach(content, () => Deferred.succeed(first, undefined)))
        yield* Deferred.await(first)
        const error = yield* failsWith("TimeoutError")(Client.advancing("1 minute")(Fiber.join(fiber)))
        assert.strictEqual(error.phase, "next")
        assert.strictEqual(error.message, "The response was idle for 5m")
        yield* server.deserted
      }).pipe(on.against(server))
    })
)

behaviour(23, "a slow consumer of a download causes no timeout", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.text(bytes))
    let size = 0
    yield* Stream.runForEach(content, (chunk) => {
      size += chunk.length
      return TestClock.adjust("1 hour")
    }).pipe(on.against(server))
    assert.strictEqual(size, bytes.length)
  }))

behaviour(
  23,
  "the timeout of an attempt ends with the headers of a download as a Stream",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.text(bytes))
      yield* Stream.runForEach(content, () => TestClock.adjust("1 hour")).pipe(on.against(server, { timeout: 1000 }))
    })
)

behaviour(23, "interrupting a download closes its connection", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.hush("abc"))
    yield* Effect.gen(function*() {
      const first = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(Stream.runForEach(content, () => Deferred.succeed(first, undefined)))
      yield* Deferred.await(first)
      yield* Fiber.interrupt(fiber)
      yield* server.deserted
    }).pipe(on.against(server))
  }))

behaviour(23, "a download that is not read to its end closes its connection", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.endless())
    yield* Effect.gen(function*() {
      const chunks = yield* Stream.runCollect(Stream.take(content, 3))
      assert.strictEqual(Chunk.size(chunks), 3)
      yield* server.deserted
    }).pipe(on.against(server))
  }))

for (const source of ["a file on disk", "bytes in memory"] as const) {
  behaviour(23, `an upload of ${source} is sent unchanged`, (on) =>
    Effect.gen(function*() {
      const bytes = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => i % 253))
      const server = yield* Server.make(Server.error(500), Server.json(Models.file()))
      const file = source === "bytes in memory" ? FileSource.fromBytes("training.jsonl", bytes) : yield* onDisk(bytes)
      yield* Files.upload({ file, purpose: "fine-tune" }).pipe(Client.atOnce, on.against(server))
      const [first, second] = server.requests
      assert.isTrue(first!.body().equals(second!.body()))
      assert.isTrue(first!.body().includes(bytes))
      assert.isTrue(first!.body().includes("filename=\"training.jsonl\""))
    }))
}

behaviour(7, "an upload of a missing file fails with its field, and is not retried", (on) =>
  Effect.gen(function*() {
    const file = yield* Effect.scoped(onDisk(new Uint8Array(2)))
    const server = yield* Server.make(Server.json(Models.file()))
    const error = yield* Files.upload({ file, purpose: "fine-tune" }).pipe(
      Client.atOnce,
      on.against(server),
      failsWith("InvalidRequestError")
    )
    assert.deepInclude(error, { operation: "createFile", field: "file" })
    assert.include(error.message, "training.jsonl")
    assert.notInclude(error.message, "\n")
    assert.isAtMost(server.requests.length, 1)
  }))

behaviour(
  23,
  "an upload of 64 MB from disk is read in chunks, with back-pressure",
  (on) =>
    Effect.gen(function*() {
      const size = 64 * 1024 * 1024
      const server = yield* Server.make(Server.json(Models.file()))
      const source = yield* onDisk(new Uint8Array(0), size)
      assert.strictEqual(source.size, size)
      let largest = 0
      let ahead = 0
      let read = 0
      const stream = Stream.mapChunks(source.stream, (chunk) => {
        for (const { length } of chunk) {
          largest = Math.max(largest, length)
          read += length
        }
        ahead = Math.max(ahead, read - (server.requests[0]?.size() ?? 0))
        return chunk
      })
      yield* Files.upload({ file: { ...source, stream }, purpose: "fine-tune" }).pipe(on.against(server))
      assert.strictEqual(read, size)
      assert.isAbove(server.requests[0]!.size(), size)
      assert.isAtMost(largest, 1024 * 1024)
      assert.isBelow(ahead, size / 4)
    }),
  ({ withoutBackPressure }) => withoutBackPressure
)

// -----------------------------------------------------------------------------
// 24: queries
// -----------------------------------------------------------------------------

const costs = Operation.make(Endpoint.make({
  name: "listCosts",
  summary: "List costs",
  description: "Returns the costs.",
  method: "GET",
  path: "/organization/costs",
  query: Schema.Struct({
    user_ids: Schema.optional(Schema.Array(Schema.String)),
    "group_by[]": Schema.optional(Schema.Array(Schema.String)),
    limit: Schema.optional(Schema.Number),
    archived: Schema.optional(Schema.Boolean)
  }),
  success: Endpoint.json(Schema.Struct({ ok: Schema.Boolean })),
  family: "administration"
}))

for (
  const [name, request, query] of [
    ["an array is one parameter per item", { user_ids: ["a", "b"] }, "?user_ids[]=a&user_ids[]=b"],
    ["a name with brackets stays unchanged", { "group_by[]": ["line"] }, "?group_by[]=line"],
    ["numbers and booleans are text", { limit: 3, archived: false }, "?limit=3&archived=false"],
    ["empty arrays and undefined are left out", { user_ids: [], limit: undefined }, ""],
    ["an empty request has no query", {}, ""]
  ] as const
) {
  behaviour(24, name, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ ok: true }))
      yield* costs(request).pipe(on.against(server))
      assert.strictEqual(decodeURIComponent(server.requests[0]!.url), `/v1/organization/costs${query}`)
      assert.strictEqual(server.requests[0]!.headers.authorization, `Bearer ${Client.secrets.adminKey}`)
    }))
}

behaviour(24, "special characters are percent-encoded", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.json({ ok: true }))
    yield* costs({ user_ids: ["b&c=d#e", "é"] }).pipe(on.against(server))
    assert.deepStrictEqual(new URL(server.requests[0]!.url, server.origin).searchParams.getAll("user_ids[]"), [
      "b&c=d#e",
      "é"
    ])
    assert.include(server.requests[0]!.url, "b%26c%3Dd%23e")
  }))
