import { Assistants, Files, type OpenAiClient, Retry } from "@effect-openai/client"
import { FileSource, type OpenAiError } from "@effect-openai/core"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Data, Deferred, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import * as Client from "./client.js"
import * as Models from "./models.js"
import * as Server from "./server.js"

const ok = Server.json(Models.assistant())
const get = Assistants.retrieve({ assistant_id: "asst_1" })
const remove = Assistants.delete({ assistant_id: "asst_1" })
const create = Assistants.create({ model: "gpt-4-turbo" })
const modify = Assistants.modify({ assistant_id: "asst_1", name: "Tutor" })
const content = Files.content.stream({ file_id: "file-1" })

class BadDisk extends Data.TaggedError("BadDisk")<{ readonly message: string }> {}

type Tag = (OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError)["_tag"]

/** The error of an effect, which must be of this kind. */
const failsWith =
  <const T extends Tag>(tag: T) => <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.map(Effect.flip(effect), (error) => {
      assert.strictEqual(error._tag, tag)
      return error as Extract<E, { readonly _tag: T }>
    })

/** What must hold over every transport, on real connections. */
export const transportSuite = (
  transport: Layer.Layer<HttpClient.HttpClient>,
  platform: {
    /** It writes a body no faster than the server reads it. */
    readonly backPressure: boolean
    /** It keeps a connection whose answer was read to its end. */
    readonly keepsConnections: boolean
  }
) => {
  const against = (server: Server.TestServer | string, options?: Partial<OpenAiClient.Options>) =>
    Effect.provide(Client.layer(typeof server === "string" ? server : server.origin, options, transport))

  /** The transport, and what tells that an answer has begun. */
  const watched = (seen: Deferred.Deferred<void>) =>
    Layer.map(transport, (context) => {
      const client = HttpClient.tap(
        // The only service of the layer.
        context.unsafeMap.get(HttpClient.HttpClient.key) as HttpClient.HttpClient,
        () => Deferred.succeed(seen, undefined)
      )
      return HttpClient.HttpClient.context(client)
    })

  describe("4: what may be sent again after an ambiguous failure", () => {
    for (
      const [name, broken] of [
        ["a reset before the answer", Server.reset],
        ["a reset in the middle of the answer", Server.cut("reset")],
        ["an answer that ends early", Server.cut("end")]
      ] as const
    ) {
      it.scoped(`after ${name} a create is not`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(broken, ok)
          const error = yield* create.pipe(Client.atOnce, against(server), failsWith("TransportError"))
          assert.strictEqual(server.requests.length, 1)
          assert.isTrue(error.sent)
          assert.strictEqual(error.operation, "createAssistant")
        }))

      it.scoped(`after ${name} a create is where the caller wants it`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(broken, ok)
          yield* create.pipe(Retry.policy({ replayCreates: true }), Client.atOnce, against(server))
          assert.strictEqual(server.requests.length, 2)
          assert.deepStrictEqual(server.requests[0]!.body(), server.requests[1]!.body())
        }))

      for (
        const [kind, call, answer] of [
          ["GET", get, ok],
          ["DELETE", remove, Server.json(Models.deleted())],
          ["modification", modify, ok]
        ] as const
      ) {
        it.scoped(`after ${name} a ${kind} is`, () =>
          Effect.gen(function*() {
            const server = yield* Server.make(broken, broken, answer)
            yield* Effect.asVoid(call as Effect.Effect<unknown, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>)
              .pipe(
                Client.atOnce,
                against(server)
              )
            assert.strictEqual(server.requests.length, 3)
          }))
      }
    }

    it.scoped("a create that timed out is not", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.stall)
        const fiber = yield* Effect.fork(create.pipe(Client.atOnce, against(server)))
        yield* server.arrived(1)
        yield* TestClock.adjust("10 minutes")
        const error = yield* failsWith("TimeoutError")(Fiber.join(fiber))
        assert.strictEqual(error.phase, "headers")
        assert.strictEqual(server.requests.length, 1)
      }))

    it.scoped("a create that never left is", () =>
      Effect.gen(function*() {
        const origin = yield* Server.nowhere
        let attempts = 0
        const counted = Layer.map(transport, (context) =>
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

    it.scoped("a create that was answered with a failure is", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(500), ok)
        yield* create.pipe(Client.atOnce, against(server))
        assert.strictEqual(server.requests.length, 2)
      }))
  })

  describe("6: broken answers", () => {
    for (
      const [name, broken] of [
        ["a reset in the middle", Server.cut("reset")],
        ["an early end", Server.cut("end")],
        ["malformed chunks", Server.raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n")],
        ["what is not HTTP", Server.raw("SSH-2.0-OpenSSH_9.6\r\n\r\n")],
        ["a connection that is closed without an answer", Server.raw("")]
      ] as const
    ) {
      it.scoped(`${name}: a typed error, after a GET was tried three times`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(broken)
          const error = yield* get.pipe(Client.atOnce, against(server), failsWith("TransportError"))
          assert.strictEqual(server.requests.length, 3)
          assert.isTrue(error.sent)
        }))

      it.scoped(`${name}: a typed error in a stream`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(broken)
          yield* Stream.runDrain(content).pipe(Retry.none, against(server), failsWith("TransportError"))
        }))
    }

    it.scoped("a stall before the answer is a timeout, and a GET is sent again", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.stall, ok)
        const fiber = yield* Effect.fork(get.pipe(Client.atOnce, against(server, { timeout: "1 minute" })))
        yield* server.arrived(1)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(fiber)
        assert.strictEqual(server.requests.length, 2)
      }))

    it.scoped("a stall in the middle of a body is a timeout, and its connection is closed", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush("{\"id\":"))
        const answered = yield* Deferred.make<void>()
        const fiber = yield* get.pipe(
          Retry.none,
          Effect.provide(Client.layer(server.origin, {}, watched(answered))),
          failsWith("TimeoutError"),
          Effect.zipLeft(server.deserted),
          Effect.fork
        )
        yield* Deferred.await(answered)
        yield* TestClock.adjust("10 minutes")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error.phase, "body")
        assert.strictEqual(error.message, "No body within 10m")
      }))

    it.scoped("21: a stall in the middle of an error's body keeps its status, and its connection is closed", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush("{\"id\":", 403))
        const answered = yield* Deferred.make<void>()
        const fiber = yield* get.pipe(
          Effect.provide(Client.layer(server.origin, {}, watched(answered))),
          failsWith("UnexpectedStatusError"),
          Effect.zipLeft(server.deserted),
          Effect.fork
        )
        yield* Deferred.await(answered)
        const error = yield* Fiber.join(fiber).pipe(Client.advancing("1 second"))
        assert.strictEqual(error.status, 403)
      }))

    it.scoped("single bytes make a whole", () =>
      Effect.gen(function*() {
        const name = "Tutor für 数学"
        const server = yield* Server.make(Server.trickle(JSON.stringify({ ...Models.assistant(), name })))
        assert.strictEqual((yield* get.pipe(against(server))).name, name)
      }))

    it.scoped("an answer with more than the contract keeps it", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.json({ ...Models.assistant(), novelty: [1] }))
        assert.deepInclude<object>(yield* get.pipe(against(server)), { novelty: [1] })
      }))
  })

  describe("7: uploads", () => {
    const upload = (file: FileSource.FileSource) => Files.upload({ file, purpose: "assistants" })
    const uploaded = Server.json(Models.file())

    it.scoped("a retry sends identical bytes", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(500), Server.error(503), uploaded)
        yield* upload(FileSource.fromBytes("notes \"1\".txt", "Meet at noon.", { type: "text/plain" })).pipe(
          Client.atOnce,
          against(server)
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

    it.scoped("a source that can be read once is sent once", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(500), uploaded)
        const source = () => FileSource.fromStream("notes.txt", Stream.make(new Uint8Array([1, 2, 3])))
        const error = yield* upload(source()).pipe(
          Client.atOnce,
          against(server),
          failsWith("UploadNotReplayableError")
        )
        assert.strictEqual(server.requests.length, 1)
        assert.strictEqual(error.field, "file")
        assert.strictEqual(error.reason._tag, "InternalServerError")
        assert.include(error.message, "can be read only once")

        // Where nothing is wrong, or nothing would have been tried again, nothing is said of it.
        assert.strictEqual((yield* upload(source()).pipe(against(server))).id, "file-1")
      }))

    it.scoped("a source that can be read once fails as ever where no retry was due", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(400))
        yield* upload(FileSource.fromStream("notes.txt", Stream.make(new Uint8Array([1])))).pipe(
          against(server),
          failsWith("BadRequestError")
        )
      }))

    it.scoped("an ambiguous failure ends an upload, for it creates a file", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.reset)
        yield* upload(FileSource.fromBytes("notes.txt", "x")).pipe(
          Client.atOnce,
          against(server),
          failsWith("TransportError")
        )
        assert.strictEqual(server.requests.length, 1)
      }))

    it.scoped("a source that fails is named, and not tried again", () =>
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
          against(server),
          failsWith("InvalidRequestError")
        )
        assert.deepInclude(error, { operation: "createFile", field: "file" })
        assert.strictEqual(error.message, "The file can't be read: the disk is on fire")
        assert.strictEqual(runs, 1)
      }))

    it.scoped("23: the source is pulled no faster than the server reads", () =>
      Effect.gen(function*() {
        const size = 64 * 1024 * 1024
        const piece = new Uint8Array(65_536)
        let pulled = 0
        let ahead = 0
        const slowly = Server.early((response, request) => {
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
          void request.whole.then(() => uploaded(response, request))
        })
        const server = yield* Server.make(slowly)
        const source = Stream.repeatEffect(Effect.sync(() => {
          pulled += piece.length
          ahead = Math.max(ahead, pulled - (server.requests[0]?.size() ?? 0))
          return piece
        })).pipe(Stream.take(size / piece.length))
        yield* upload(FileSource.fromStream("big.bin", source, { size })).pipe(against(server))
        assert.strictEqual(pulled, size)
        assert.isAbove(server.requests[0]!.size(), size)
        if (platform.backPressure) assert.isBelow(ahead, size / 4)
      }))
  })

  describe("8: answers that nobody reads", () => {
    for (
      const [name, reply] of [
        ["2 MB", Server.text("x".repeat(2_000_000), 500)],
        ["no end", Server.endless(500)]
      ] as const
    ) {
      it.scoped(`twenty error bodies of ${name} leave no connection open`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(reply)
          yield* Effect.gen(function*() {
            const errors = yield* Effect.forEach(
              Array.from({ length: 20 }),
              () => get.pipe(Retry.none, failsWith("UnexpectedStatusError")),
              { concurrency: "unbounded" }
            )
            for (const error of errors) {
              assert.strictEqual(error.status, 500)
              assert.strictEqual(error.body, "x".repeat(4096))
            }
            yield* server.deserted
          }).pipe(against(server))
        }))
    }

    it.scoped("short ones leave their connections for further requests", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(500))
        yield* Effect.repeatN(get.pipe(Retry.none, failsWith("InternalServerError")), 19).pipe(against(server))
        assert.strictEqual(server.requests.length, 20)
        if (platform.keepsConnections) assert.isBelow(server.connections(), 10)
      }))
  })

  describe("interruption", () => {
    for (
      const [name, reply] of [
        ["before the answer", Server.stall],
        ["in the middle of the answer", Server.hush("{\"id\":")]
      ] as const
    ) {
      it.scoped(`${name} closes the connection`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(reply)
          yield* Effect.gen(function*() {
            const fiber = yield* Effect.fork(get)
            yield* server.arrived(1)
            yield* Fiber.interrupt(fiber)
            yield* server.deserted
          }).pipe(against(server))
          assert.strictEqual(server.requests.length, 1)
        }))
    }

    it.scoped("of an upload closes what it reads", () =>
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
        }).pipe(against(server))
      }))

    it.scoped("of a stream closes the connection", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush("abc"))
        yield* Effect.gen(function*() {
          const first = yield* Deferred.make<void>()
          const fiber = yield* Effect.fork(Stream.runForEach(content, () => Deferred.succeed(first, undefined)))
          yield* Deferred.await(first)
          yield* Fiber.interrupt(fiber)
          yield* server.deserted
        }).pipe(against(server))
      }))

    it.scoped("a stream of which enough was taken closes the connection", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.endless())
        yield* Effect.gen(function*() {
          const chunks = yield* Stream.runCollect(Stream.take(content, 3))
          assert.strictEqual(Chunk.size(chunks), 3)
          yield* server.deserted
        }).pipe(against(server))
      }))
  })

  describe("23: downloads", () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i % 251))

    it.scoped("as bytes", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.text(bytes))
        const all = yield* Files.content({ file_id: "file-1" }).pipe(against(server))
        assert.instanceOf(all, Uint8Array)
        assert.isTrue(bytes.equals(all))
        assert.strictEqual(server.requests[0]!.headers.accept, "*/*")
      }))

    it.scoped("as a stream", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.text(bytes))
        const chunks = yield* Stream.runCollect(content).pipe(against(server))
        assert.isTrue(bytes.equals(Buffer.concat([...chunks])))
      }))

    it.scoped("of nothing", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.text(""), Server.raw("HTTP/1.1 204 No Content\r\n\r\n"))
        assert.strictEqual((yield* Files.content({ file_id: "file-1" }).pipe(against(server))).length, 0)
        assert.strictEqual(yield* Stream.runCount(content).pipe(against(server)), 0)
      }))

    it.scoped("a stream is retried until it begins, and each run is a request", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(500), Server.text("a"), Server.text("b"))
        const text = Stream.mkString(Stream.decodeText(content)).pipe(Client.atOnce, against(server))
        assert.strictEqual(yield* text, "a")
        assert.strictEqual(yield* text, "b")
        assert.strictEqual(server.requests.length, 3)
      }))

    it.scoped("a stream that breaks gives what came before", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.cut("end"))
        const seen: Array<Uint8Array> = []
        yield* Stream.runForEach(content, (chunk) => Effect.sync(() => seen.push(chunk))).pipe(
          against(server),
          failsWith("TransportError")
        )
        assert.strictEqual(Buffer.concat(seen).toString(), "{\"id\":\"asst")
        assert.strictEqual(server.requests.length, 1)
      }))

    it.scoped("a stream that falls silent ends in a timeout, and its connection is closed", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush("abc"))
        yield* Effect.gen(function*() {
          const first = yield* Deferred.make<void>()
          const fiber = yield* Effect.fork(Stream.runForEach(content, () => Deferred.succeed(first, undefined)))
          yield* Deferred.await(first)
          const error = yield* failsWith("TimeoutError")(Client.advancing("1 minute")(Fiber.join(fiber)))
          assert.strictEqual(error.phase, "next")
          assert.strictEqual(error.message, "Nothing for 5m in the middle of the answer")
          yield* server.deserted
        }).pipe(against(server))
      }))

    it.scoped("a slow consumer is no silence", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.text(bytes))
        let size = 0
        yield* Stream.runForEach(content, (chunk) => {
          size += chunk.length
          return TestClock.adjust("1 hour")
        }).pipe(against(server))
        assert.strictEqual(size, bytes.length)
      }))

    it.scoped("the attempt's own timeout ends with the headers", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.text(bytes))
        yield* Stream.runForEach(content, () => TestClock.adjust("1 hour")).pipe(against(server, { timeout: 1000 }))
      }))
  })

  describe("21: answers that are not as documented", () => {
    for (
      const [name, body, shown] of [
        ["HTML", "<html><body>Bad gateway</body></html>", "<html><body>Bad gateway</body></html>"],
        ["nothing", "", ""],
        ["a text as error", "{\"error\": \"text\"}", "{\"error\": \"text\"}"],
        ["another envelope", "{\"detail\": \"Not Found\"}", "{\"detail\": \"Not Found\"}"],
        ["JSON null", "null", "null"],
        ["2 MB", "y".repeat(2_000_000), "y".repeat(4096)],
        [
          "an envelope of 2 MB",
          JSON.stringify({ error: { message: "z".repeat(2_000_000) } }),
          "{\"error\":{\"message\":\"" + "z".repeat(4075)
        ],
        ["characters of several bytes", "a" + "é".repeat(5000), "a" + "é".repeat(2047)]
      ] as const
    ) {
      it.scoped(`an error body of ${name} keeps its status`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.text(body, 404, { "x-request-id": "req_1" }))
          const error = yield* get.pipe(against(server), failsWith("UnexpectedStatusError"))
          assert.deepInclude(error, { operation: "getAssistant", status: 404, requestId: "req_1" })
          assert.strictEqual(error.body, shown)
        }))
    }

    it.scoped("an error body that breaks off keeps its status", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.cut("reset", 403))
        const error = yield* get.pipe(against(server), failsWith("UnexpectedStatusError"))
        assert.strictEqual(error.status, 403)
      }))

    for (
      const [status, tag] of [
        [400, "BadRequestError"],
        [401, "AuthenticationError"],
        [403, "PermissionDeniedError"],
        [404, "NotFoundError"],
        [409, "ConflictError"],
        [422, "UnprocessableEntityError"],
        [429, "RateLimitError"],
        [500, "InternalServerError"],
        [503, "InternalServerError"],
        [418, "UnexpectedStatusError"]
      ] as const
    ) {
      it.scoped(`${status} as documented is a ${tag}`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.error(status, { "x-request-id": "req_1" }, { param: "id", code: 7 }))
          const error = yield* get.pipe(Retry.none, against(server), failsWith(tag))
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
        ["an error", JSON.stringify({ error: { message: "overloaded" } }), "error"],
        ["a text as error", "{\"error\": \"text\"}", "id"],
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
      it.scoped(`a 200 with ${name} is no success`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.text(body, 200, { "x-request-id": "req_1" }))
          const error = yield* get.pipe(Client.atOnce, against(server), failsWith("InvalidResponseError"))
          assert.deepInclude(error, { operation: "getAssistant", status: 200, requestId: "req_1", field })
          assert.strictEqual(server.requests.length, 1)
          assert.isBelow(error.message.length, 300)
        }))
    }
  })

  describe("22: redirects", () => {
    const secretHeaders = ["authorization", "openai-organization", "openai-project", "openai-beta"]

    it.scoped("307 and 308 within the origin send the same request again", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.redirect(307, "/v1/elsewhere"), Server.redirect(308, "further"), ok)
        yield* create.pipe(against(server))
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

    it.scoped("a GET within the origin keeps its secrets", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.redirect(302, "/v1/elsewhere?x=1"), ok)
        yield* get.pipe(against(server))
        const [first, second] = server.requests
        assert.strictEqual(second!.url, "/v1/elsewhere?x=1")
        for (const name of secretHeaders) {
          assert.isString(first!.headers[name])
          assert.strictEqual(second!.headers[name], first!.headers[name])
        }
      }))

    it.scoped("a GET to another origin carries no secret, nor does it on its way home", () =>
      Effect.gen(function*() {
        const home: { url?: string } = {}
        const stranger = yield* Server.make((...args) => Server.redirect(302, home.url!)(...args))
        const server = yield* Server.make(Server.redirect(302, `${stranger.origin}/away`), ok)
        home.url = `${server.origin}/v1/home`
        yield* get.pipe(against(server))
        assert.deepStrictEqual(stranger.requests.map(({ method, url }) => [method, url]), [["GET", "/away"]])
        for (const request of [stranger.requests[0]!, server.requests[1]!]) {
          for (const name of secretHeaders) assert.isUndefined(request.headers[name])
        }
      }))

    for (const status of [301, 302, 303, 307, 308]) {
      it.scoped(`a POST is not sent to another origin for ${status}`, () =>
        Effect.gen(function*() {
          const stranger = yield* Server.make(ok)
          const server = yield* Server.make(Server.redirect(status, `${stranger.origin}/away`))
          const error = yield* create.pipe(against(server), failsWith("UnexpectedStatusError"))
          assert.strictEqual(error.status, status)
          assert.strictEqual(stranger.requests.length, 0)
        }))
    }

    for (const status of [301, 302, 303]) {
      it.scoped(`a POST does not become a GET for ${status}`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.redirect(status, "/v1/elsewhere"))
          yield* create.pipe(against(server), failsWith("UnexpectedStatusError"))
          assert.strictEqual(server.requests.length, 1)
        }))
    }

    it.scoped("a source that can be read once is not sent again", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.redirect(307, "/v1/elsewhere"))
        const file = FileSource.fromStream("notes.txt", Stream.make(new Uint8Array([1])))
        yield* Files.upload({ file, purpose: "assistants" }).pipe(against(server), failsWith("UnexpectedStatusError"))
        assert.strictEqual(server.requests.length, 1)
      }))

    it.scoped("a circle ends after ten", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.redirect(302, "/v1/again"))
        yield* get.pipe(against(server), failsWith("UnexpectedStatusError"))
        assert.strictEqual(server.requests.length, 11)
      }))

    for (const location of ["http://", "file:///etc/passwd", "data:application/json,{}", "javascript:1"]) {
      it.scoped(`to ${location} is not followed`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.redirect(302, location))
          const error = yield* get.pipe(against(server), failsWith("UnexpectedStatusError"))
          assert.strictEqual(error.status, 302)
        }))
    }
  })
}
