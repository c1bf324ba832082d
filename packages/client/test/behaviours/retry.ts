import { Files, type OpenAiClient, Retry } from "@effect-openai/client"
import { Contract, FileSource, type OpenAiError } from "@effect-openai/core"
import { HttpClient } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Data, Deferred, Duration, Effect, Either, Fiber, Layer, Random, Stream, TestClock } from "effect"
import * as Behaviour from "../utils/behaviour.js"
import * as Client from "../utils/client.js"
import * as Models from "../utils/models.js"
import * as Requests from "../utils/requests.js"
import * as Server from "../utils/server.js"
import { content, create, failsWith, get, modify, ok, remove, slept } from "./calls.js"

export const section = Behaviour.section("Retry", "retry.ts")
const { behaviour } = section

// -----------------------------------------------------------------------------
// 1 to 3: retries
// -----------------------------------------------------------------------------

const outage = Server.error(500)

for (
  const [statuses, count, what] of [
    [[408, 409, 429, 500, 502, 503, 504, 529], 3, "are retried twice, after 0.5 and 1 seconds"],
    [[400, 401, 403, 404, 413, 418, 422], 1, "are not retried"]
  ] as const
) {
  behaviour(
    1,
    `${statuses.join(", ")} ${what}`,
    (on) =>
      Effect.forEach(statuses, (status) =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.error(status))
          const { result, sleeps } = yield* slept(on, server, get)
          assert.isTrue(Either.isLeft(result))
          assert.strictEqual(server.requests.length, count)
          assert.deepStrictEqual(sleeps, count === 1 ? [] : [500, 1000])
        }))
  )
}

behaviour(1, "the delay doubles up to 8 seconds, shortened by up to 25 % at random", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(outage)
    const often = get.pipe(Retry.policy({ times: 7 }))
    assert.deepStrictEqual((yield* slept(on, server, often)).sleeps, [500, 1000, 2000, 4000, 8000, 8000, 8000])
    assert.deepStrictEqual((yield* slept(on, server, often, 0)).sleeps, [375, 750, 1500, 3000, 6000, 6000, 6000])
  }))

behaviour(1, "x-should-retry: true retries a 400, false does not retry a 500", (on) =>
  Effect.gen(function*() {
    const yes = yield* Server.make(Server.error(400, { "x-should-retry": "true" }))
    yield* slept(on, yes, get)
    assert.strictEqual(yes.requests.length, 3)
    const no = yield* Server.make(Server.error(500, { "x-should-retry": "false" }))
    yield* slept(on, no, get)
    assert.strictEqual(no.requests.length, 1)
  }))

behaviour(1, "an attempt times out after 10 minutes without headers", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.stall)
    const fiber = yield* get.pipe(Retry.none, on.against(server), Effect.fork)
    yield* server.arrived(1)
    yield* TestClock.adjust("599999 millis")
    assert.isTrue((yield* Fiber.poll(fiber))._tag === "None")
    yield* TestClock.adjust("1 millis")
    assert.strictEqual((yield* failsWith("TimeoutError")(Fiber.join(fiber))).phase, "headers")
    yield* server.deserted
  }))

behaviour(1, "an attempt times out after 10 minutes of an endless body", (on) =>
  Effect.gen(function*() {
    const gates = Array.from({ length: 20 }, () => Server.gate())
    const server = yield* Server.make([
      Server.head(200, { "content-type": "application/json" }),
      Server.body("{\"id\":\"asst_1\""),
      ...gates.flatMap(({ opened }) => [Server.until(opened), Server.body(" ")])
    ])
    const received = yield* Deferred.make<void>()
    const fiber = yield* get.pipe(
      Retry.none,
      Effect.provide(Client.layer(server.origin, {}, on.watched(received))),
      Effect.fork
    )
    yield* Deferred.await(received)
    // Another chunk each minute.
    for (const gate of gates.slice(0, 9)) {
      gate.open()
      yield* TestClock.adjust("1 minute")
    }
    assert.isTrue((yield* Fiber.poll(fiber))._tag === "None")
    yield* TestClock.adjust("1 minute")
    assert.strictEqual((yield* failsWith("TimeoutError")(Fiber.join(fiber))).phase, "body")
    yield* server.deserted
  }))

behaviour(1, "an attempt times out after 10 minutes of connecting", (on) =>
  Effect.gen(function*() {
    const { connected, origin } = yield* Server.speechless
    // The server never writes, so that no TLS connection is established.
    const fiber = yield* get.pipe(Retry.none, on.against(origin.replace("http:", "https:")), Effect.fork)
    yield* connected
    yield* TestClock.adjust("10 minutes")
    assert.strictEqual((yield* failsWith("TimeoutError")(Fiber.join(fiber))).phase, "headers")
  }))

for (
  const [name, headers, delay] of [
    ["retry-after-ms takes precedence over retry-after", { "retry-after-ms": "1500", "retry-after": "30" }, 1500],
    ["retry-after in seconds", { "retry-after": "2" }, 2000],
    ["retry-after in fractions of a second", { "retry-after": "0.25" }, 250],
    ["retry-after as an HTTP date", { "retry-after": "Thu, 01 Jan 1970 00:00:05 GMT" }, 5000],
    ["retry-after as a past date: immediately", { "retry-after": "Wed, 31 Dec 1969 23:59:00 GMT" }, 0],
    ["a delay of 0: immediately", { "retry-after": "0" }, 0],
    ["a delay of 60 seconds, the maximum", { "retry-after": "60" }, 60_000],
    ["an invalid retry-after: the delay of the policy", { "retry-after": "soon" }, 500]
  ] as const
) {
  behaviour(2, name, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.error(429, headers), ok)
      const { result, sleeps } = yield* slept(on, server, get)
      assert.isTrue(Either.isRight(result))
      assert.deepStrictEqual(sleeps, [delay])
    }))
}

for (
  const [name, headers, delay] of [
    ["seconds", { "retry-after": "61" }, 61_000],
    ["milliseconds", { "retry-after-ms": "60001" }, 60_001],
    ["a date", { "retry-after": "Thu, 01 Jan 1970 01:00:00 GMT" }, 3_600_000]
  ] as const
) {
  behaviour(
    2,
    `a retry-after above the maximum, in ${name}, fails immediately with the delay`,
    (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(503, headers), ok)
        const { result, sleeps } = yield* slept(on, server, get)
        const error = yield* failsWith("InternalServerError")(result)
        assert.deepStrictEqual(error.retryAfter, Duration.millis(delay))
        assert.deepStrictEqual(sleeps, [])
        assert.strictEqual(server.requests.length, 1)
      })
  )
}

behaviour(
  3,
  "429 with insufficient_quota has its own error, and is not retried, whatever the headers",
  (on) =>
    Effect.gen(function*() {
      const headers = { "x-should-retry": "true", "retry-after": "1" }
      const server = yield* Server.make(Server.error(429, headers, { code: "insufficient_quota" }), ok)
      const error = yield* get.pipe(on.against(server), failsWith("InsufficientQuotaError"))
      assert.deepInclude(error, { operation: "getAssistant", status: 429, code: "insufficient_quota" })
      assert.strictEqual(server.requests.length, 1)
    })
)

// -----------------------------------------------------------------------------
// 4: retries after an ambiguous failure
// -----------------------------------------------------------------------------

for (
  const [name, broken] of [
    ["a reset before the response", Server.reset],
    ["a reset within the response", Server.cut("reset")],
    ["a response that ends early", Server.cut("end")]
  ] as const
) {
  behaviour(4, `after ${name} a create is not retried`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(broken, ok)
      const error = yield* create.pipe(Client.atOnce, on.against(server), failsWith("TransportError"))
      assert.strictEqual(server.requests.length, 1)
      assert.isTrue(error.sent)
      assert.strictEqual(error.operation, "createAssistant")
    }))

  behaviour(4, `after ${name} a create is retried with replayCreates`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(broken, ok)
      yield* create.pipe(Retry.policy({ replayCreates: true }), Client.atOnce, on.against(server))
      assert.strictEqual(server.requests.length, 2)
      assert.deepStrictEqual(server.requests[0]!.body(), server.requests[1]!.body())
    }))

  for (
    const [kind, call, response] of [
      ["GET", get, ok],
      ["DELETE", remove, Server.json(Models.deleted())],
      ["modification", modify, ok]
    ] as const
  ) {
    behaviour(4, `after ${name} a ${kind} is retried`, (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(broken, broken, response)
        yield* Effect.asVoid<unknown, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>(call).pipe(
          Client.atOnce,
          on.against(server)
        )
        assert.strictEqual(server.requests.length, 3)
      }))
  }
}

behaviour(4, "a create that timed out is not retried", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.stall)
    const fiber = yield* Effect.fork(create.pipe(Client.atOnce, on.against(server)))
    yield* server.arrived(1)
    yield* TestClock.adjust("10 minutes")
    const error = yield* failsWith("TimeoutError")(Fiber.join(fiber))
    assert.strictEqual(error.phase, "headers")
    assert.strictEqual(server.requests.length, 1)
  }))

behaviour(4, "a create that was not sent is retried", (on) =>
  Effect.gen(function*() {
    const origin = yield* Server.nowhere
    let attempts = 0
    const counted = Layer.map(on.transport, (context) =>
      HttpClient.HttpClient.context(
        HttpClient.tapRequest(
          context.unsafeMap.get(HttpClient.HttpClient.key) as HttpClient.HttpClient,
          () => Effect.sync(() => attempts++)
        )
      ))
    const error = yield* create.pipe(
      Client.atOnce,
      Effect.provide(Client.layer(origin, {}, counted)),
      failsWith("TransportError")
    )
    assert.strictEqual(attempts, 3)
    assert.strictEqual(error.code, "ECONNREFUSED")
    assert.isFalse(error.sent)
  }))

behaviour(4, "a create with a retryable error response is retried", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.error(500), ok)
    yield* create.pipe(Client.atOnce, on.against(server))
    assert.strictEqual(server.requests.length, 2)
  }))

/** POSTs that create an object each time. */
const creates = Contract.endpoints.filter(({ method, replayable }) => method === "POST" && !replayable)

behaviour(4, "all operations of the contract except creates are retried after a reset", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.serve(() => Server.reset)
    let before = 0
    for (const endpoint of Contract.endpoints) {
      const call = Requests.call(endpoint, Requests.sample(endpoint))
      const error = yield* call.pipe(Client.atOnce, on.against(server), failsWith("TransportError"))
      assert.strictEqual(error.operation, endpoint.name)
      assert.strictEqual(server.requests.length - before, creates.includes(endpoint) ? 1 : 3, endpoint.name)
      before = server.requests.length
    }
    const names = creates.map(({ name }) => name)
    assert.includeMembers(names, ["createAssistant", "createThread", "createMessage", "createRun", "createFile"])
    for (const name of ["createChatCompletion", "createEmbedding"]) assert.notInclude(names, name)
  }))

// -----------------------------------------------------------------------------
// 5 and 6: interruption and broken responses
// -----------------------------------------------------------------------------

for (
  const [name, reply] of [
    ["before the response", Server.stall],
    ["within the response", Server.hush("{\"id\":")]
  ] as const
) {
  behaviour(5, `interrupting a call ${name} closes its connection`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(reply)
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(get)
        yield* server.arrived(1)
        yield* Fiber.interrupt(fiber)
        yield* server.deserted
      }).pipe(on.against(server))
      assert.strictEqual(server.requests.length, 1)
    }))
}

behaviour(5, "interrupting an upload closes its connection and its file", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.stall)
    yield* Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      const file = FileSource.fromStream(
        "slow.txt",
        Stream.ensuring(
          Stream.concat(Stream.make(new Uint8Array(1000)), Stream.never),
          Deferred.succeed(closed, undefined)
        )
      )
      const fiber = yield* Effect.fork(Files.upload({ file, purpose: "assistants" }))
      yield* server.arrived(1)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
      yield* server.deserted
    }).pipe(on.against(server))
  }))

behaviour(
  5,
  "interrupting a call during the delay of a retry leaves no timer",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(outage)
      const { clock, sleepers } = Client.stoppedClock()
      const fiber = yield* get.pipe(
        on.against(server),
        Effect.withClock(clock),
        Effect.withRandom(Random.fixed([1])),
        Effect.fork
      )
      // The only timer is that of the delay.
      yield* Client.eventually(() => [...sleepers.values()].join() === "500")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(sleepers.size, 0)
      assert.strictEqual(server.requests.length, 1)
    })
)

for (
  const [name, broken] of [
    ["a reset within the body", Server.cut("reset")],
    ["an early end", Server.cut("end")],
    ["malformed chunks", Server.raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n")],
    ["a response that is not HTTP", Server.raw("SSH-2.0-OpenSSH_9.6\r\n\r\n")],
    ["a connection that is closed without a response", Server.raw("")]
  ] as const
) {
  behaviour(6, `${name}: a TransportError, after three attempts of a GET`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(broken)
      const error = yield* get.pipe(Client.atOnce, on.against(server), failsWith("TransportError"))
      assert.strictEqual(server.requests.length, 3)
      assert.isTrue(error.sent)
    }))

  behaviour(6, `${name}: a typed error of a stream`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(broken)
      yield* Stream.runDrain(content).pipe(Retry.none, on.against(server), failsWith("TransportError"))
    }))
}

behaviour(
  6,
  "a body shorter than its content-length on an open connection times out",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.cut("stall"))
      const received = yield* Deferred.make<void>()
      const fiber = yield* get.pipe(
        Retry.none,
        Effect.provide(Client.layer(server.origin, {}, on.watched(received))),
        Effect.fork
      )
      yield* Deferred.await(received)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* failsWith("TimeoutError")(Fiber.join(fiber))).phase, "body")
      yield* server.deserted
    })
)

behaviour(
  6,
  "a body longer than its content-length is not a success, and does not affect later calls",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.overlong(Models.assistant(), 5), ok)
      yield* Effect.gen(function*() {
        yield* failsWith("InvalidResponseError")(get)
        assert.strictEqual((yield* get).id, "asst_1")
      }).pipe(Client.atOnce, on.against(server))
    })
)

behaviour(6, "a reset after a complete response has no effect", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.resetAfter(Models.assistant()))
    yield* Effect.gen(function*() {
      for (const _ of [1, 2, 3]) assert.strictEqual((yield* get).id, "asst_1")
    }).pipe(Retry.policy({ times: 8, delay: 0 }), on.against(server))
  }))

for (const kept of [0, 1, 12, 60]) {
  behaviour(6, `${kept} bytes of a compressed body are not a success`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.gzip(Models.assistant(), kept))
      const error = yield* get.pipe(Client.atOnce, on.against(server), Effect.flip)
      // The transport decompresses, and may ignore the early end.
      assert.include(["InvalidResponseError", "TransportError"], error._tag)
    }))
}

behaviour(6, "a stall before the response times out, and a GET is retried", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.stall, ok)
    const fiber = yield* Effect.fork(get.pipe(Client.atOnce, on.against(server, { timeout: "1 minute" })))
    yield* server.arrived(1)
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(fiber)
    assert.strictEqual(server.requests.length, 2)
  }))

behaviour(
  6,
  "a stall within a body times out, and closes its connection",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.hush("{\"id\":"))
      const received = yield* Deferred.make<void>()
      const fiber = yield* get.pipe(
        Retry.none,
        Effect.provide(Client.layer(server.origin, {}, on.watched(received))),
        failsWith("TimeoutError"),
        Effect.zipLeft(server.deserted),
        Effect.fork
      )
      yield* Deferred.await(received)
      yield* TestClock.adjust("10 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.phase, "body")
      assert.strictEqual(error.message, "No body within 10m")
    })
)

behaviour(
  21,
  "a stall within an error body keeps its status, and closes its connection",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.hush("{\"id\":", 403))
      const received = yield* Deferred.make<void>()
      const fiber = yield* get.pipe(
        Effect.provide(Client.layer(server.origin, {}, on.watched(received))),
        failsWith("PermissionDeniedError"),
        Effect.zipLeft(server.deserted),
        Effect.fork
      )
      yield* Deferred.await(received)
      const error = yield* Fiber.join(fiber).pipe(Client.advancing("1 second"))
      assert.strictEqual(error.status, 403)
    })
)

behaviour(6, "a body in chunks of one byte", (on) =>
  Effect.gen(function*() {
    const name = "Tutor für 数学"
    const server = yield* Server.make(Server.trickle(JSON.stringify({ ...Models.assistant(), name })))
    assert.strictEqual((yield* get.pipe(on.against(server))).name, name)
  }))

behaviour(6, "unknown fields of a response are kept", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.json({ ...Models.assistant(), novelty: [1] }))
    assert.deepInclude<object>(yield* get.pipe(on.against(server)), { novelty: [1] })
  }))

// -----------------------------------------------------------------------------
// 7: uploads
// -----------------------------------------------------------------------------

class BadDisk extends Data.TaggedError("BadDisk")<{ readonly message: string }> {}

const upload = (file: FileSource.FileSource) => Files.upload({ file, purpose: "assistants" })
const uploaded = Server.json(Models.file())

behaviour(7, "a retry sends identical bytes", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.error(500), Server.error(503), uploaded)
    yield* upload(FileSource.fromBytes("notes \"1\".txt", "Meet at noon.", { type: "text/plain" })).pipe(
      Client.atOnce,
      on.against(server)
    )
    const [first, ...others] = server.requests
    assert.strictEqual(others.length, 2)
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(first!.headers["content-type"]!)![1]
    assert.strictEqual(
      first!.body().toString(),
      [
        `--${boundary}`,
        "Content-Disposition: form-data; name=\"file\"; filename=\"notes %221%22.txt\"",
        "Content-Type: text/plain",
        "",
        "Meet at noon.",
        `--${boundary}`,
        "Content-Disposition: form-data; name=\"purpose\"",
        "",
        "assistants",
        `--${boundary}--`,
        "",
        ""
      ].join("\r\n")
    )
    for (const other of others) {
      assert.strictEqual(other.headers["content-type"], first!.headers["content-type"])
      assert.deepStrictEqual(other.body(), first!.body())
    }
  }))

behaviour(7, "a source that can be read once is sent once", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.error(500), uploaded)
    const source = () => FileSource.fromStream("notes.txt", Stream.make(new Uint8Array([1, 2, 3])))
    const error = yield* upload(source()).pipe(
      Client.atOnce,
      on.against(server),
      failsWith("UploadNotReplayableError")
    )
    assert.strictEqual(server.requests.length, 1)
    assert.strictEqual(error.field, "file")
    assert.strictEqual(error.reason._tag, "InternalServerError")
    assert.include(error.message, "can be read only once")

    // No `UploadNotReplayableError` for a success, or for an error that is not retryable.
    assert.strictEqual((yield* upload(source()).pipe(on.against(server))).id, "file-1")
  }))

behaviour(
  7,
  "a source that can be read once fails with the error itself where no retry is due",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.error(400))
      yield* upload(FileSource.fromStream("notes.txt", Stream.make(new Uint8Array([1])))).pipe(
        on.against(server),
        failsWith("BadRequestError")
      )
    })
)

behaviour(7, "an ambiguous failure of an upload is not retried", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.reset)
    yield* upload(FileSource.fromBytes("notes.txt", "x")).pipe(
      Client.atOnce,
      on.against(server),
      failsWith("TransportError")
    )
    assert.strictEqual(server.requests.length, 1)
  }))

behaviour(7, "a source that fails is reported with its field, and not retried", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(uploaded)
    let runs = 0
    const broken = Stream.suspend(() => {
      runs++
      return Stream.concat(
        Stream.make(new Uint8Array(10)),
        Stream.fail(new BadDisk({ message: "the disk is on fire" }))
      )
    })
    const error = yield* upload(FileSource.fromStream("notes.txt", broken, { replayable: true, size: 20 })).pipe(
      Client.atOnce,
      on.against(server),
      failsWith("InvalidRequestError")
    )
    assert.deepInclude(error, { operation: "createFile", field: "file" })
    assert.strictEqual(error.message, "The file can't be read: the disk is on fire")
    assert.strictEqual(runs, 1)
  }))

behaviour(23, "the source of an upload is read with back-pressure", (on) =>
  Effect.gen(function*() {
    const size = 64 * 1024 * 1024
    const piece = new Uint8Array(65_536)
    let pulled = 0
    let ahead = 0
    const slowly = Server.early((request) => {
      let last = 0
      const step = () => {
        if (request.size() >= size) {
          request.resume()
          return
        }
        if (request.size() > last) {
          last = request.size()
          request.pause()
          setImmediate(() => {
            request.resume()
            setImmediate(step)
          })
        } else setImmediate(step)
      }
      step()
      return [Server.until(request.whole), ...uploaded]
    })
    const server = yield* Server.make(slowly)
    const source = Stream.repeatEffect(Effect.sync(() => {
      pulled += piece.length
      ahead = Math.max(ahead, pulled - (server.requests[0]?.size() ?? 0))
      return piece
    })).pipe(Stream.take(size / piece.length))
    yield* upload(FileSource.fromStream("big.bin", source, { size })).pipe(on.against(server))
    assert.strictEqual(pulled, size)
    assert.isAbove(server.requests[0]!.size(), size)
    assert.isBelow(ahead, size / 4)
  }), ({ withoutBackPressure }) => withoutBackPressure)

// -----------------------------------------------------------------------------
// 8 and 9: connections and budget
// -----------------------------------------------------------------------------

for (
  const [name, reply] of [
    ["2 MB", Server.text("x".repeat(2_000_000), 500)],
    ["no end", Server.endless(500)]
  ] as const
) {
  behaviour(8, `twenty error bodies of ${name} leave no connection open`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(reply)
      yield* Effect.gen(function*() {
        const errors = yield* Effect.forEach(
          Array.from({ length: 20 }),
          () => get.pipe(Retry.none, failsWith("InternalServerError")),
          { concurrency: "unbounded" }
        )
        for (const error of errors) {
          assert.strictEqual(error.status, 500)
          assert.strictEqual(error.message, `${"x".repeat(200)}…`)
        }
        yield* server.deserted
      }).pipe(on.against(server))
    }))
}

behaviour(8, "connections of short error bodies are reused", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.error(500))
    yield* Effect.repeatN(get.pipe(Retry.none, failsWith("InternalServerError")), 19).pipe(on.against(server))
    assert.strictEqual(server.requests.length, 20)
    assert.isBelow(server.connections(), 10)
  }), ({ withoutReuse }) => withoutReuse)

for (
  const [name, retryBudget, expected] of [
    ["with the budget", undefined, 300],
    ["without it", Infinity, 600]
  ] as const
) {
  behaviour(
    9,
    `in a total outage 200 concurrent calls send ${expected} requests ${name}`,
    (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(outage)
        yield* Effect.forEach(
          Array.from({ length: 200 }),
          () => failsWith("InternalServerError")(get),
          { concurrency: "unbounded", discard: true }
        ).pipe(Client.atOnce, on.against(server, { retryBudget }))
        assert.strictEqual(server.requests.length, expected)
      }),
    ({ withoutReuse }) => withoutReuse
  )
}

behaviour(
  9,
  "a success refunds the cost of its retries, so that single failures are always retried",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.serve((_, index) => index % 2 === 0 ? outage : ok)
      yield* Effect.repeatN(get, 49).pipe(Client.atOnce, on.against(server, { retryBudget: 5 }))
      assert.strictEqual(server.requests.length, 100)
    })
)
