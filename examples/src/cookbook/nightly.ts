/**
 * A nightly batch: classifies the tickets of a day at half the price, and continues where an earlier process stopped.
 */
import { Batches, ChatCompletions, Files, JsonSchema } from "@effect-openai/client"
import { KeyValueStore } from "@effect/platform"
import { Effect, Either, Option, Schema, Stream } from "effect"

export interface Ticket {
  readonly id: string
  readonly text: string
}

const Category = Schema.Struct({ category: Schema.Literal("billing", "repair", "other") })

const decode = Schema.decodeUnknownEither(Schema.parseJson(Category))

const request = ({ id, text }: Ticket) =>
  [id, {
    model: "gpt-4o-mini",
    messages: [{ role: "user" as const, content: `Which category has this ticket? ${text}` }],
    response_format: JsonSchema.responseFormat("category", Category)
  }] as const

/** Starts the batch of a day, or returns the one that was started before. */
const batchOf = (day: string, tickets: Stream.Stream<Ticket>) =>
  Effect.gen(function*() {
    const store = yield* KeyValueStore.KeyValueStore
    const started = yield* store.get(`batch-${day}`)
    if (Option.isSome(started)) return started.value
    const requests = yield* Batches.toFile(ChatCompletions.create, Stream.map(tickets, request))
    const file = yield* Files.upload({ file: requests, purpose: "batch" })
    const { id } = yield* Batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h"
    })
    yield* store.set(`batch-${day}`, id)
    return id
  })

/** Emits the category of each ticket, or why it has none. The results are never in memory together. */
export const nightly = (day: string, tickets: Stream.Stream<Ticket>) =>
  Stream.unwrap(Effect.gen(function*() {
    const batch = yield* Batches.poll({ batch_id: yield* batchOf(day, tickets) }, { timeout: "25 hours" })
    return Batches.results(ChatCompletions.create, batch).pipe(
      Stream.map(({ custom_id, result }) => ({
        id: custom_id,
        category: result.pipe(
          Either.flatMap(({ choices }) => decode(choices[0]?.message.content)),
          Either.map(({ category }) => category),
          Either.mapLeft(({ _tag, message }) => `${_tag}: ${message}`)
        )
      }))
    )
  }))
