import { Batches, ChatCompletions, Files } from "@effect-openai/client"
import { DurableBatches, Schemas } from "@effect-openai/workflow"
import { Workflow } from "@effect/workflow"
import { Effect, Layer, Schema } from "effect"
import { client, emulator } from "../utils.js"
import type { DiesAt } from "./process.js"
import { survive } from "./survive.js"

const Ask = Workflow.make({
  name: "Ask",
  payload: { questions: Schema.Array(Schema.String) },
  idempotencyKey: ({ questions }) => questions.join(),
  success: Schemas.Batch,
  error: Schema.Union(Schemas.OpenAiError, Schemas.BatchFailedError)
})

const layer = Ask.toLayer(({ questions }) =>
  DurableBatches.run(
    ChatCompletions.create,
    questions.map((content, index) =>
      [`${index}`, { model: "gpt-4o-mini", messages: [{ role: "user", content }] }] as const
    ),
    { name: "crash" }
  )
)

/** Runs a batch of two requests. */
export const run = (diesAt: ReadonlyArray<DiesAt>) =>
  Effect.gen(function*() {
    const outside = yield* Layer.build(client(emulator([{ type: "text", text: "Yes." }])))
    const { deaths, points, result: batch } = yield* survive({
      diesAt,
      outside,
      layerOf: () => layer,
      execute: Ask.execute({ questions: ["One?", "Two?"] })
    })
    const [batches, files] = yield* Effect.provide(
      Effect.all([Batches.list(), Files.list({ purpose: "batch" })]),
      outside
    )
    return { batch, batches: batches.data, files: files.data, deaths, points }
  })
