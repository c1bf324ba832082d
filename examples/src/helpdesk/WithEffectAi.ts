/**
 * Over `@effect/ai`, whose model can be of any provider. It has no assistants and no files, so this process keeps the
 * helpdesks, and a request has the complete handbook.
 */
import { AiErrors } from "@effect-openai/ai"
import { OpenAiError } from "@effect-openai/core"
import { type AiError, Chat, LanguageModel, Tool, Toolkit } from "@effect/ai"
import { Duration, Effect, HashMap, Layer, Option, Ref, Schema } from "effect"
import { type CreateHelpdesk, Helpdesk, HelpdeskNotFound, HelpdeskUnavailable, Reply } from "./Api.js"
import { Helpdesks, instructions, Repairs } from "./Helpdesks.js"

const RepairStatus = Tool.make("repair_status", {
  description: "How far a repair is",
  parameters: { ticket: Schema.String },
  success: Schema.String
})

const toolkit = Toolkit.make(RepairStatus)

/**
 * As in `WithClient`, an error that is not retryable is a defect. Without the cause of `@effect-openai/ai` an `AiError` has a
 * status at most, and no time to wait.
 */
const unavailable = (error: AiError.AiError): Effect.Effect<never, HelpdeskUnavailable> =>
  Option.match(Option.filter(AiErrors.clientError(error), OpenAiError.isRetryable), {
    onNone: () => Effect.die(error),
    onSome: (cause) =>
      new HelpdeskUnavailable({
        retryAfterSeconds: "retryAfter" in cause && cause.retryAfter ? Duration.toSeconds(cause.retryAfter) : 30
      })
  })

const make = Effect.gen(function*() {
  const model = yield* LanguageModel.LanguageModel
  const repairs = yield* Repairs
  const tools = yield* Effect.provide(
    toolkit,
    toolkit.toLayer({ repair_status: ({ ticket }) => repairs.status(ticket) })
  )
  const helpdesks = yield* Ref.make(HashMap.empty<string, CreateHelpdesk>())

  const fromEntry = ([id, { name }]: [string, CreateHelpdesk]) => new Helpdesk({ id, name, documents: 1 })

  const find = (id: string) =>
    Effect.flatMap(Ref.get(helpdesks), HashMap.get(id)).pipe(Effect.mapError(() => new HelpdeskNotFound({ id })))

  return Helpdesks.of({
    create: (helpdesk) =>
      Effect.suspend(() => {
        const id: string = crypto.randomUUID()
        return Effect.as(Ref.update(helpdesks, HashMap.set(id, helpdesk)), fromEntry([id, helpdesk]))
      }),

    list: Effect.map(Ref.get(helpdesks), (all) => HashMap.toEntries(all).map(fromEntry)),

    get: (id) => Effect.map(find(id), (helpdesk) => fromEntry([id, helpdesk])),

    remove: (id) => Effect.zipRight(find(id), Ref.update(helpdesks, HashMap.remove(id))),

    ask: (id, question) =>
      Effect.flatMap(find(id), ({ handbook }) =>
        Effect.gen(function*() {
          const chat = yield* Chat.fromPrompt([{ role: "system", content: `${instructions}\n\n${handbook}` }])
          let response = yield* chat.generateText({ prompt: question, toolkit: tools })
          while (response.toolCalls.length > 0) {
            response = yield* chat.generateText({ prompt: [], toolkit: tools })
          }
          return new Reply({ text: response.text })
        }).pipe(Effect.catchAll(unavailable), Effect.provideService(LanguageModel.LanguageModel, model)))
  })
})

export const layer = Layer.effect(Helpdesks, make)
