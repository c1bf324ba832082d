import { FineTuning } from "@effect-openai/client"
import * as FileSource from "@effect-openai/core/FileSource"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Effect, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Script from "./utils/script.js"

const fine_tuning_job_id = "ftjob-1"
const look = "GET /fine_tuning/jobs/ftjob-1"
const events = "GET /fine_tuning/jobs/ftjob-1/events"

const job = (status: string) => ({ id: fine_tuning_job_id, status })

const page = (has_more: boolean, ...ids: ReadonlyArray<string>) => ({
  object: "list",
  data: ids.map((id) => ({ id, message: id })),
  has_more
})

describe("fine-tuning", () => {
  it.effect("events are followed oldest first, each once, until the job has ended", () =>
    Effect.gen(function*() {
      const transport = Script.make(
        [look, job("validating_files")],
        [events, page(false, "b", "a")],
        [look, job("running")],
        [events, page(true, "e", "d")],
        [events, page(true, "c", "b")],
        [look, job("running")],
        [events, page(true, "e", "d")],
        [look, job("succeeded")],
        [events, page(true, "f", "e")]
      )
      const { clock, sleeps } = Client.jumpingClock()
      const found = yield* FineTuning.events.follow({ fine_tuning_job_id }, { interval: "2 seconds" }).pipe(
        Stream.runCollect,
        Effect.provide(Client.layer("http://fake", { timeout: Infinity }, transport.layer)),
        Effect.withClock(clock)
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(found).map(({ id }) => id), ["a", "b", "c", "d", "e", "f"])
      assert.deepStrictEqual(sleeps, [2000, 2000, 2000])
      const resumed = Script.make([look, job("failed")], [events, page(true, "f", "e", "d")])
      const rest = yield* FineTuning.events.follow({ fine_tuning_job_id }, { after: "d" }).pipe(
        Stream.runCollect,
        Effect.provide(Client.layer("http://fake", {}, resumed.layer))
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(rest).map(({ id }) => id), ["e", "f"])
    }))

  const chat = { messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Ho", weight: 0 }] }
  const message = (content: string) => ({ role: "assistant", content })

  const reportOf = (training: FineTuning.Training, ...lines: ReadonlyArray<object | string>) =>
    FineTuning.check(
      FileSource.fromBytes(
        "training.jsonl",
        lines.map((line) => typeof line === "string" ? line : JSON.stringify(line)).join("\n")
      ),
      training
    )

  it.effect("files are checked by line, in the format of the model and the method", () =>
    Effect.gen(function*() {
      const ten = Array.from({ length: 10 }, () => chat)
      assert.deepStrictEqual(yield* reportOf({ model: "gpt-4o-mini" }, ...ten), {
        format: "chat",
        examples: 10,
        problems: [],
        isValid: true
      })
      const report = yield* reportOf(
        { model: "gpt-4o-mini" },
        chat,
        "{",
        "",
        { messages: [{ role: "user", content: "Hi" }] },
        { messages: [{ role: "user", content: 1 }, message("Ho")] }
      )
      assert.isFalse(report.isValid)
      assert.deepStrictEqual(
        report.problems.map(({ field, line }) => [line, field.replace(/\[.*/, "")]),
        [[2, ""], [4, "messages"], [5, "messages"]]
      )
      const completion = yield* reportOf({ model: "davinci-002" }, { prompt: "a", completion: "b" }, chat)
      assert.deepInclude(completion, { format: "completion", examples: 1 })
      const preference = yield* reportOf(
        { model: "gpt-4o-mini", method: "dpo" },
        {
          input: { messages: [{ role: "user", content: "Hi" }] },
          preferred_completion: [message("Ho")],
          non_preferred_completion: [message("No")]
        },
        chat
      )
      assert.deepInclude(preference, { format: "preference", examples: 1 })
    }))

  it.effect("files are not uploaded where they are invalid", () =>
    Effect.gen(function*() {
      const error = yield* FineTuning.upload(
        FileSource.fromBytes("training.jsonl", JSON.stringify(chat)),
        { model: "gpt-4o-mini" }
      ).pipe(Effect.flip, Effect.provide(Client.layer("http://fake", {}, Script.make().layer)))
      assert.deepInclude(error, {
        _tag: "TrainingFileError",
        message: "The file has 1 examples, but needs at least 10"
      })
      const unreadable = yield* Effect.flip(
        FineTuning.check(FileSource.fromStream("a.jsonl", Stream.fail(new Cause.NoSuchElementException("no disk"))), {
          model: "gpt-4o-mini"
        })
      )
      assert.include(unreadable.message, "no disk")
    }))
})
