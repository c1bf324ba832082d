import { Batches, ChatCompletions, Files, FineTuning, Models, type OpenAiClient, Uploads } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { type Emulator, type Faults, Store } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Deferred, Effect, Either, Fiber, Stream } from "effect"
import { uploads } from "../src/internal/documents.js"
import { inProcess, withEmulator } from "./utils.js"

// What the client does with batches, uploads and fine-tuning, on the emulator.

const model = "gpt-4o-mini"

const test = <E, R>(title: string, run: Effect.Effect<void, E, R>, options: Emulator.Options<never, never> = {}) =>
  it.live(title, () => Effect.provide(run, inProcess.layer(options)) as Effect.Effect<void, E>)

const request = (content: string, fields: object = {}) => ({
  model,
  messages: [{ role: "user" as const, content }],
  ...fields
})

describe("Batches.run", () => {
  test(
    "has the response or the error of each request",
    Effect.gen(function*() {
      const seen: Array<string> = []
      const results = yield* Batches.run(
        ChatCompletions.create,
        {
          hello: request("Hello there"),
          json: request("Hi", { response_format: { type: "json_object" } }),
          goodbye: request("Goodbye")
        },
        {
          metadata: { team: "stars" },
          onProgress: ({ status = "" }) => Effect.sync(() => seen.push(status))
        }
      ).pipe(Stream.runCollect)
      const found = new Map(Chunk.toReadonlyArray(results).map(({ custom_id, result }) => [custom_id, result]))
      assert.strictEqual(found.size, 3)
      const hello = Either.getOrThrow(found.get("hello")!)
      assert.include(hello.choices[0]!.message.content!, "Hello there")
      const error = Either.getOrThrow(Either.flip(found.get("json")!))
      assert.deepInclude(error, { _tag: "BadRequestError", operation: "createChatCompletion", param: "messages" })
      assert.deepStrictEqual([seen[0], seen.at(-1)], ["validating", "completed"])
      const { data: [batch] } = yield* Batches.list()
      assert.deepStrictEqual(batch?.metadata, { team: "stars" })
    })
  )

  test(
    "takes requests from a Stream, and fails where the server refuses the file",
    Effect.gen(function*() {
      const requests = Stream.map(Stream.range(1, 120), (id) => [`${id}`, request(`I am ${id}`)] as const)
      const count = yield* Batches.run(ChatCompletions.create, requests).pipe(
        Stream.filter(({ result }) => Either.isRight(result)),
        Stream.runCount
      )
      assert.strictEqual(count, 120)
      const error = yield* Effect.flip(
        Stream.runDrain(Batches.run(ChatCompletions.create, { a: request("Hi", { model: "gpt-nonexistent" }) }))
      )
      assert(error._tag === "BatchFailedError")
      assert.include(error.message, "The provided model 'gpt-nonexistent' is not supported by the Batch API.")
    })
  )
})

describe("Uploads.upload", () => {
  const size = 1000
  const bytes = Uint8Array.from({ length: size }, (_, index) => index % 251)
  const pieces = Stream.fromIterable(
    Array.from({ length: 100 }, (_, index) => bytes.slice(index * 10, index * 10 + 10))
  )
  const source = FileSource.fromStream("facts.txt", pieces, { size, type: "text/plain" })
  const options = { purpose: "assistants", partBytes: 64 } as const

  test(
    "sends parts concurrently, keeps their order, and sends a part again",
    Effect.gen(function*() {
      const states: Array<Uploads.State> = []
      const { file } = yield* Uploads.upload(source, {
        ...options,
        onProgress: (state) => Effect.sync(() => states.push(state))
      })
      assert.deepStrictEqual(yield* Files.content({ file_id: file!.id }), bytes)
      assert.deepStrictEqual(states.map(({ offset }) => offset), [
        ...Array.from({ length: 15 }, (_, index) => 64 * (index + 1)),
        1000
      ])
    }),
    {
      faults: {
        rules: [
          { operation: "addUploadPart", fault: { type: "status", status: 503 }, skip: 3, times: 2 },
          { operation: "addUploadPart", fault: { type: "reset", when: "after" }, skip: 9, times: 1 }
        ] satisfies ReadonlyArray<Faults.Rule>
      }
    }
  )

  test(
    "refuses a file whose size is not known or not right, and one that can't be read",
    Effect.gen(function*() {
      const refusal = (file: FileSource.FileSource, more = {}) =>
        Effect.map(
          Effect.flip(Uploads.upload(file, { ...options, ...more })),
          (error) => error._tag === "InvalidRequestError" ? error.message : error._tag
        )
      assert.include(yield* refusal(FileSource.fromStream("a", pieces)), "must be known")
      assert.include(yield* refusal(source, { partBytes: 65 * 1024 ** 2 }), "A part has 1 to 67108864 bytes")
      assert.include(yield* refusal(FileSource.fromStream("a", pieces, { size: 999 })), "has 1000 bytes, but said")
      assert.include(
        yield* refusal(
          FileSource.fromStream("a", Stream.concat(pieces, Stream.fail(new Cause.NoSuchElementException("no disk"))), {
            size
          })
        ),
        "no disk"
      )
    })
  )

  it.live("is cancelled where it is interrupted, or resumed by another process", () =>
    Effect.gen(function*() {
      const store = yield* Store.Store
      const statuses = Effect.map(store.find(uploads, {}), (all) => all.map(({ status }) => status))
      const half = yield* Deferred.make<void>()
      const stuck = FileSource.fromStream(
        "facts.txt",
        Stream.concat(
          Stream.take(pieces, 50),
          Stream.fromEffect(Effect.zipRight(Deferred.succeed(half, undefined), Effect.never))
        ),
        { size }
      )
      const interrupted = (more = {}) =>
        Effect.gen(function*() {
          const fiber = yield* Effect.fork(Uploads.upload(stuck, { ...options, ...more }))
          yield* Deferred.await(half)
          yield* Fiber.interrupt(fiber)
        })
      yield* withEmulator()(interrupted())
      assert.deepStrictEqual(yield* statuses, ["cancelled"])

      let state: Uploads.State | undefined
      const enough = yield* Deferred.make<void>()
      yield* withEmulator()(Effect.gen(function*() {
        const fiber = yield* Effect.fork(Uploads.upload(stuck, {
          ...options,
          onProgress: (now) => {
            state = now
            return now.offset >= 192 ? Deferred.succeed(enough, undefined) : Effect.void
          }
        }))
        yield* Deferred.await(enough)
        yield* Fiber.interrupt(fiber)
      }))
      const resume = JSON.parse(JSON.stringify(state))
      yield* withEmulator()(Effect.gen(function*() {
        const { file, id } = yield* Uploads.upload(source, { ...options, resume })
        assert.strictEqual(id, resume.upload_id)
        assert.deepStrictEqual(yield* Files.content({ file_id: file!.id }), bytes)
      }))
      assert.deepStrictEqual(yield* statuses, ["cancelled", "completed"])
    }).pipe(Effect.provide(Store.layerMemory)))
})

describe("fine-tuning", () => {
  const examples = (count: number) =>
    Array.from({ length: count }, () =>
      JSON.stringify({
        messages: [{ role: "user", content: "How many stars?" }, { role: "assistant", content: "Seven." }]
      })).join("\n")

  const file = (content: string) => FileSource.fromBytes("training.jsonl", content)

  test(
    "is followed from the first event to the last, and creates a model",
    Effect.gen(function*() {
      const { id: training_file } = yield* FineTuning.upload(file(examples(10)), { model })
      const { id: validation_file } = yield* FineTuning.upload(file(examples(12)), { model })
      const created = yield* FineTuning.create({
        model,
        training_file,
        validation_file,
        suffix: "stars",
        method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 4, batch_size: 5 } } }
      })
      const fine_tuning_job_id = created.id
      const events = yield* Stream.runCollect(FineTuning.events.follow({ fine_tuning_job_id }))
      const messages = Chunk.toReadonlyArray(events).map(({ message = "" }) => message.replace(/\d\.\d\d/g, "0.00"))
      const job = yield* FineTuning.retrieve({ fine_tuning_job_id })
      const name = job.fine_tuned_model!
      assert.match(name, /^ft:gpt-4o-mini-2024-07-18:emulator:stars:\w{8}$/)
      assert.deepStrictEqual(messages, [
        `Created fine-tuning job: ${fine_tuning_job_id}`,
        `Validating training file: ${training_file} and validation file: ${validation_file}`,
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((step) => {
          const end = step % 2 === 0 ? ", full validation loss=0.00" : ""
          const line = `Step ${step}/8: training loss=0.00, validation loss=0.00${end}`
          return step % 2 === 0 && step < 8
            ? [line, `Checkpoint created at step ${step} with Snapshot ID: ${name}:ckpt-step-${step}`]
            : [line]
        }),
        `New fine-tuned model created: ${name}`,
        "The job has successfully completed"
      ])
      const { data } = yield* FineTuning.checkpoints({ fine_tuning_job_id })
      assert.deepStrictEqual(data.map(({ fine_tuned_model_checkpoint: model }) => model), [
        name,
        `${name}:ckpt-step-6`,
        `${name}:ckpt-step-4`
      ])
      const results = new TextDecoder().decode(yield* Files.content({ file_id: job.result_files![0]! }))
      assert.match(results, /^step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,\d/)
      assert.lengthOf(results.trim().split("\n"), 9)
      assert.include((yield* Models.list()).data.map(({ id }) => id), name)
      const batch = yield* Stream.runCollect(Batches.run(ChatCompletions.create, { a: request("Hi", { model: name }) }))
      assert.isTrue(Either.isRight(Chunk.unsafeHead(batch).result))
      yield* Models.delete({ model: name })
      assert.strictEqual((yield* Effect.flip(Models.retrieve({ model: name })))._tag, "NotFoundError")
    })
  )

  test(
    "fails with the errors of the API",
    Effect.gen(function*() {
      const end = (fine_tuning_job_id: string) =>
        Effect.repeat(FineTuning.retrieve({ fine_tuning_job_id }), { until: FineTuning.isEnded })
      const upload = (content: string) => Files.upload({ file: file(content), purpose: "fine-tune" })
      const few = yield* upload(examples(3))
      const { error } = yield* Effect.flatMap(
        FineTuning.create({ model, training_file: few.id }),
        ({ id }) => end(id)
      )
      assert.deepStrictEqual(error, {
        code: "invalid_n_examples",
        param: "training_file",
        message: "Training file has 3 example(s), but must have at least 10 examples"
      })
      const wrong = yield* upload(`${examples(10)}\n{"prompt":"a","completion":"b"}`)
      const invalid = yield* Effect.flatMap(
        FineTuning.create({ model, training_file: wrong.id }),
        ({ id }) => end(id)
      )
      assert.deepInclude(invalid.error, { code: "invalid_file_format", param: "training_file" })
      assert.include(invalid.error!.message, "Line 11")
      const deleted = yield* upload(examples(10))
      const { id } = yield* FineTuning.create({ model, training_file: deleted.id })
      yield* Files.delete({ file_id: deleted.id })
      assert.deepStrictEqual((yield* end(id)).error, {
        code: "deleted_training_file",
        param: "training_file",
        message: "The job failed because the training file was deleted"
      })
      const refusal = (effect: Effect.Effect<unknown, { readonly message: string }, OpenAiClient.OpenAiClient>) =>
        Effect.map(Effect.flip(effect), (error: any) => [error.status, error.param, error.code, error.message])
      assert.deepStrictEqual(yield* refusal(FineTuning.create({ model, training_file: "file-x" })), [
        400,
        "training_file",
        undefined,
        "invalid training_file: Invalid File Name"
      ])
      assert.deepStrictEqual(
        yield* refusal(FineTuning.create({ model: "gpt-nonexistent", training_file: few.id })),
        [
          400,
          undefined,
          "model_not_available",
          "Model gpt-nonexistent is not available for fine-tuning or does not exist."
        ]
      )
      for (const operation of [FineTuning.retrieve, FineTuning.cancel, FineTuning.events]) {
        assert.deepStrictEqual(
          yield* refusal((operation as typeof FineTuning.retrieve)({ fine_tuning_job_id: "123" })),
          [404, "fine_tune_id", "fine_tune_not_found", "Could not find fine tune: 123"]
        )
      }
      assert.deepStrictEqual(yield* refusal(FineTuning.cancel({ fine_tuning_job_id: id })), [
        400,
        undefined,
        undefined,
        "Job has already failed."
      ])
    })
  )
})
