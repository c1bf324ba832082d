import {
  Batches,
  ChatCompletions,
  Files,
  OpenAiClient,
  ProjectRateLimits,
  Projects,
  ProjectServiceAccounts,
  Usage
} from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Model } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Layer, Redacted, Stream } from "effect"
import { apiKey, BaseUrl, inProcess } from "./utils.js"

const adminKey = "sk-admin-abcdefghijklmnopqrst"

const model = "gpt-4o"

const as =
  (keys: { readonly apiKey?: string; readonly adminKey?: string }) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(BaseUrl, (baseUrl) => {
      const redacted = Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, Redacted.make(value)]))
      return Effect.provide(effect, Layer.orDie(OpenAiClient.layer({ ...redacted, baseUrl })))
    })

const admin = as({ adminKey })

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const request = { model, messages: [{ role: "user" as const, content: "Say one two three four five." }] }

/** A project, and its service account, which creates batches. */
const project = Effect.gen(function*() {
  const { id: project_id } = yield* admin(Projects.create({ name: "Rocket" }))
  const account = yield* admin(ProjectServiceAccounts.create({ project_id, name: "Bot" }))
  return { project_id, account, bot: as({ apiKey: account.api_key.value }) }
})

/** A message without a reply, of as many tokens as that of the request. */
const silent = "Wait one two three four five."

const layer = inProcess.layer({
  apiKeys: [Redacted.make(apiKey)],
  adminKeys: [Redacted.make(adminKey)],
  model: Layer.succeed(Model.Model, {
    reply: ({ messages }) =>
      messages.at(-1)?.content === silent ? Effect.never : Effect.succeed(Model.text("One two three four five."))
  })
})

describe("a batch of a project", () => {
  it.live("is used by its caller, and costs half", () =>
    Effect.gen(function*() {
      const start_time = Math.floor(Date.now() / 1000) - 60
      const { account, bot, project_id } = yield* project
      const { usage } = yield* bot(ChatCompletions.create(request))
      yield* bot(Stream.runDrain(Batches.run(ChatCompletions.create, { a: request, b: request })))

      const used = yield* admin(collect(
        Usage.completions.items({ start_time, group_by: ["project_id", "api_key_id", "batch"] }).pipe(Usage.results)
      ))
      const rowOf = (batch: boolean, requests: number) => ({
        project_id,
        api_key_id: account.api_key.id,
        batch,
        num_model_requests: requests,
        input_tokens: requests * usage!.prompt_tokens!,
        output_tokens: requests * usage!.completion_tokens!
      })
      const [one, batched] = [false, true].map((batch) => used.find((result) => result.batch === batch))
      assert.lengthOf(used, 2)
      assert.deepInclude(one, rowOf(false, 1))
      assert.deepInclude(batched, rowOf(true, 2))
      const [own, ...others] = yield* admin(collect(
        Usage.completions.items({ start_time, batch: true }).pipe(Usage.results)
      ))
      assert.deepStrictEqual([own?.num_model_requests, others], [2, []])

      const costs = yield* admin(collect(
        Usage.costs.items({ start_time, group_by: ["project_id", "line_item"] }).pipe(Usage.results)
      ))
      const dollars = costs.map(({ amount, line_item }) => [line_item, Number(amount?.value)] as const)
      // One request at its price, and two at half of it.
      assert.deepStrictEqual(dollars.map(([item]) => item), [`${model}, input`, `${model}, output`])
      assert.approximately(dollars[0]![1], 2 * usage!.prompt_tokens! * 2.5 / 1_000_000, 1e-12)
      assert.approximately(dollars[1]![1], 2 * usage!.completion_tokens! * 10 / 1_000_000, 1e-12)
    }).pipe(Effect.provide(layer)))

  it.live("fails where its tokens exceed the limit of its model, together with the batches in progress", () =>
    Effect.gen(function*() {
      const { bot, project_id } = yield* project
      const { usage } = yield* bot(ChatCompletions.create(request))
      const batch_1_day_max_input_tokens = 3 * usage!.prompt_tokens! - 1
      yield* admin(ProjectRateLimits.modify({ project_id, rate_limit_id: `rl-${model}`, batch_1_day_max_input_tokens }))
      const create = (content: string) =>
        Effect.gen(function*() {
          const body = { model, messages: [{ role: "user", content }] }
          const lines = ["a", "b"].map((custom_id) =>
            `${JSON.stringify({ custom_id, method: "POST", url: "/v1/chat/completions", body })}\n`
          )
          const file = FileSource.fromBytes("batch.jsonl", lines.join(""))
          const { id } = yield* Files.upload({ file, purpose: "batch" })
          return yield* Batches.create({
            input_file_id: id,
            endpoint: "/v1/chat/completions",
            completion_window: "24h"
          })
        })
      const ended = (content: string) => Effect.flatMap(create(content), ({ id }) => Batches.poll({ batch_id: id }))
      const says = request.messages[0]!.content
      yield* bot(Effect.gen(function*() {
        const { id: batch_id } = yield* create(silent)
        yield* Effect.repeat(Batches.retrieve({ batch_id }), { until: ({ status }) => status === "in_progress" })
        const failed = yield* ended(says)
        assert.strictEqual(failed.status, "failed")
        assert.deepStrictEqual(failed.errors?.data, [{
          code: "token_limit_exceeded",
          message: `Enqueued token limit reached for ${model} in organization org-emulator. ` +
            `Limit: ${batch_1_day_max_input_tokens} enqueued tokens. ` +
            "Please try again once some in_progress batches have been completed.",
          param: null,
          line: null
        }])
        yield* Batches.cancel({ batch_id })
        assert.strictEqual((yield* ended(says)).status, "completed")
      }))
    }).pipe(Effect.provide(layer)))
})
