import { Completions, Moderations } from "@effect-openai/client"
import type * as Contract from "@effect-openai/core/Completions"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"
import { addsUp as usageAddsUp } from "./usage.js"

type Fields = Omit<Contract.CreateCompletionRequest, "model" | "stream">

const requestOf = (fields: Fields) =>
  Effect.map(Scenario.CurrentSettings, ({ models }) => ({ model: models.completion, ...fields }))

const complete = (fields: Fields) => Effect.flatMap(requestOf(fields), Completions.create)

/** Scenarios of completions and moderations. */
export const completions: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "completions/create",
    title: "createCompletion completes each prompt `n` times",
    group: "happy",
    operations: ["createCompletion"],
    run: Effect.gen(function*() {
      const { choices, object, usage } = yield* complete({
        prompt: ["Say hello.", "Say goodbye."],
        n: 2,
        max_tokens: 8
      })
      yield* Scenario.equal("the object is a completion", object, "text_completion")
      yield* Scenario.equal("the choices are numbered over all prompts", choices.map(({ index }) => index), [
        0,
        1,
        2,
        3
      ])
      yield* Scenario.that("each choice has text", choices.every(({ text = "" }) => text.length > 0), choices)
      yield* usageAddsUp(usage)
    })
  }),
  Scenario.make({
    id: "completions/max_tokens",
    title: "a completion ends at `max_tokens`, and begins with the prompt by `echo`",
    group: "happy",
    operations: ["createCompletion"],
    run: Effect.gen(function*() {
      const { choices: [choice] } = yield* complete({ prompt: "Seven stars", max_tokens: 1, echo: true, logprobs: 1 })
      const { finish_reason, logprobs, text } = yield* Scenario.present("the completion has a choice", choice)
      yield* Scenario.equal("the choice ends with `length`", finish_reason, "length")
      yield* Scenario.that("the text begins with the prompt", text.startsWith("Seven stars"), text)
      yield* Scenario.equal("the tokens are the text", logprobs?.tokens?.join(""), text)
    })
  }),
  Scenario.make({
    id: "completions/stream",
    title: "a streamed completion ends with its finish reason and its usage",
    group: "happy",
    operations: ["createCompletion"],
    run: Effect.gen(function*() {
      const request = yield* requestOf({ prompt: "Say hello.", stream_options: { include_usage: true } })
      const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(Completions.create.stream(request)))
      const choices = chunks.flatMap((chunk) => chunk.choices ?? [])
      yield* Scenario.that("the chunks have text", choices.some(({ text = "" }) => text.length > 0), choices)
      yield* Scenario.that(
        "the last choice has a finish reason",
        typeof choices.at(-1)?.finish_reason === "string",
        choices.at(-1)
      )
      yield* Scenario.that(
        "the last chunk reports the usage and has no choices",
        chunks.at(-1)?.choices?.length === 0 && (chunks.at(-1)?.usage?.total_tokens ?? 0) > 0,
        chunks.at(-1)
      )
      yield* Scenario.equal("all chunks have one ID", new Set(chunks.map(({ id }) => id)).size, 1)
    })
  }),
  Scenario.make({
    id: "moderations/create",
    title: "each text has a result, and a text with an image has one result",
    group: "happy",
    operations: ["createModeration"],
    run: Effect.gen(function*() {
      const texts = yield* Moderations.create({ input: ["I want to help them.", "I want to kill them."] })
      yield* Scenario.equal("two texts have two results", texts.results.length, 2)
      yield* Scenario.equal("only violence is flagged", texts.results.map(({ flagged }) => flagged), [false, true])
      const violent = yield* Scenario.present("the second text has a result", texts.results[1])
      yield* Scenario.that("the category is `violence`", violent.categories?.violence === true, violent.categories)
      yield* Scenario.that(
        "its score is the highest",
        violent.category_scores?.violence ===
          Math.max(...Object.values(violent.category_scores ?? {}).map((score) => score ?? 0)),
        violent.category_scores
      )
      const image = yield* Moderations.create({
        input: [
          { type: "text", text: "A harbour." },
          { type: "image_url", image_url: { url: "https://example.com/harbour.png" } }
        ]
      })
      yield* Scenario.equal("a text with an image has one result", image.results.length, 1)
    })
  })
]
