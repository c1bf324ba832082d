import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { Tokenizer } from "../../Tokenizer.js"
import { contentOf } from "../content.js"
import { all, files, messages, type Run } from "../documents.js"
import { withinWindow } from "./contextWindow.js"
import { stepsOf, textOf } from "./run.js"

// The prompt of a model, and its reply.

/** A file's text, or what can be read of it as one. */
const searchable = (id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return Option.map(yield* store.get(files, id), (file): Model.SearchableFile => ({
      id,
      filename: file.filename,
      text: contentOf(store, file).pipe(
        Stream.decodeText(),
        Stream.runFold("", (text, piece) => text + piece),
        Effect.mapError(({ message }) => new Model.ModelError({ code: "server_error", message }))
      )
    }))
  })

export const promptOf = (run: Run) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { data } = yield* store.list(messages, { parent: run.thread_id, order: "asc", limit: all })
    const written = data.filter(({ status }) => status !== "in_progress")
    const { last_messages, type } = run.truncation_strategy ?? {}
    const seen = type === "last_messages" && typeof last_messages === "number" ? written.slice(-last_messages) : written
    const hasRetrieval = run.tools.some((tool) => tool.type === "retrieval")
    const fileIds = hasRetrieval ? new Set([...run.file_ids, ...seen.flatMap(({ file_ids }) => file_ids)]) : []
    const found = yield* Effect.forEach(fileIds, searchable)
    const steps = yield* stepsOf(run)
    const { response_format, tool_choice } = run
    const format = typeof response_format === "object" ? response_format?.type : response_format
    const prompt = {
      model: run.model,
      instructions: run.instructions ?? "",
      messages: seen.map((message): Model.Turn => ({
        role: message.role === "assistant" ? "assistant" : "user",
        content: textOf(message)
      })),
      tools: run.tools as Model.Prompt["tools"],
      toolChoice: (tool_choice ?? "auto") as Model.Prompt["toolChoice"],
      format: format === "json_object" ? format : "text",
      files: found.flatMap((file) => Option.toArray(file)),
      toolCalls: steps.flatMap(({ step_details: details }) =>
        details.type === "tool_calls" ? details.tool_calls as ReadonlyArray<Model.ToolCall> : []
      )
    } satisfies Model.Prompt
    return type === "last_messages" ? prompt : withinWindow(yield* Tokenizer, prompt)
  })

/** The reply of a model. A defect of the model is a failure of the server. */
export const ask = (prompt: Model.Prompt): Effect.Effect<Model.Reply, Model.ModelError, Model.Model> =>
  Effect.flatMap(Model.Model, (model) => model.reply(prompt)).pipe(tamed)

export const broken = new Model.ModelError({ code: "server_error", message: "The model failed." })

export const tamed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Model.ModelError, R> =>
  Effect.catchAllDefect(
    effect,
    (defect) => Effect.zipRight(Effect.logError("A model failed", defect), Effect.fail(broken))
  )
