import type { ChatCompletions } from "@effect-openai/client"
import * as Extra from "@effect-openai/client/Extra"
import * as AiError from "@effect/ai/AiError"
import type * as Prompt from "@effect/ai/Prompt"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import type { Memory } from "./memory.js"

type Messages = ChatCompletions.CreateRequest["messages"]
type UserPart = ChatCompletions.UserContentPart

export interface Options {
  readonly systemRole: "system" | "developer"
  readonly fileIdPrefixes: ReadonlyArray<string>
  readonly memory: Memory
}

const malformed = (description: string, cause?: unknown): AiError.MalformedInput =>
  new AiError.MalformedInput({ module: "OpenAiLanguageModel", method: "prompt", description, cause })

/** Fails for a value that is not JSON, such as a `bigint`. */
const toJson = (value: unknown, what: string): Effect.Effect<string, AiError.MalformedInput> =>
  Effect.try({
    try: () => JSON.stringify(value) ?? "null",
    catch: (cause) => malformed(`${what} is not JSON`, cause)
  })

const base64Of = (data: Exclude<Prompt.FilePart["data"], URL>): string =>
  typeof data === "string" ? data.replace(/^data:[^,]*,/, "") : Encoding.encodeBase64(data)

const isUrl = (data: Prompt.FilePart["data"]): data is string | URL =>
  typeof data !== "string" ? data instanceof URL : /^(https?|data):/i.test(data)

const imagePart = (part: Prompt.FilePart): UserPart => {
  const mediaType = part.mediaType === "image/*" ? "image/jpeg" : part.mediaType
  const detail = part.options["openai"]?.["imageDetail"] as "auto" | "low" | "high" | undefined
  return {
    type: "image_url",
    image_url: {
      url: isUrl(part.data) ? part.data.toString() : `data:${mediaType};base64,${base64Of(part.data)}`,
      ...(detail === undefined ? {} : { detail })
    }
  }
}

const audioFormats: Readonly<Record<string, "wav" | "mp3">> = {
  "audio/wav": "wav",
  "audio/wave": "wav",
  "audio/x-wav": "wav",
  "audio/mp3": "mp3",
  "audio/mpeg": "mp3"
}

/** The API accepts files since 2025. The contract lists the types of 2024, so the fields are sent unchecked. */
const documentPart = (file: Readonly<Record<string, string>>): UserPart => {
  const extra = Extra.fields({ type: "file", text: undefined, file })
  return { type: "text", text: "", ...extra }
}

const filePart = (
  part: Prompt.FilePart,
  index: number,
  { fileIdPrefixes }: Options
): Effect.Effect<UserPart, AiError.MalformedInput> => {
  const { data, mediaType } = part
  const format = audioFormats[mediaType]
  if (mediaType.startsWith("image/")) return Effect.succeed(imagePart(part))
  if (mediaType !== "application/pdf" && format === undefined) {
    return malformed(`Chat completions take no files of the type ${mediaType}`)
  }
  if (typeof data === "string" && fileIdPrefixes.some((prefix) => data.startsWith(prefix))) {
    return Effect.succeed(documentPart({ file_id: data }))
  }
  if (data instanceof URL || (typeof data === "string" && /^https?:/i.test(data))) {
    return malformed(`Chat completions take the bytes of ${mediaType}, not a URL`)
  }
  return Effect.succeed(
    format === undefined
      ? documentPart({
        filename: part.fileName ?? `part-${index}.pdf`,
        file_data: `data:${mediaType};base64,${base64Of(data)}`
      })
      : { type: "input_audio", input_audio: { data: base64Of(data), format } }
  )
}

const userMessage = ({ content }: Prompt.UserMessage, options: Options) => {
  const [first] = content
  // Some servers only accept text.
  if (content.length === 1 && first?.type === "text") {
    return Effect.succeed<Messages>([{ role: "user", content: first.text }])
  }
  return Effect.forEach(content, (part, index): Effect.Effect<UserPart, AiError.MalformedInput> =>
    part.type === "text"
      ? Effect.succeed({ type: "text", text: part.text })
      : filePart(part, index, options)).pipe(
      Effect.map((content): Messages => [{ role: "user", content }])
    )
}

const assistantMessage = Effect.fnUntraced(function*({ content }: Prompt.AssistantMessage, { memory }: Options) {
  let text = ""
  const tool_calls: Array<ChatCompletions.ToolCall> = []
  let added: Record<string, unknown> = {}
  for (const part of content) {
    switch (part.type) {
      case "text": {
        text += part.text
        break
      }
      case "tool-call": {
        if (part.providerExecuted) break
        const remembered = memory.recall(part.id)
        added = { ...added, ...remembered?.message }
        tool_calls.push({
          id: part.id,
          type: "function",
          function: { name: part.name, arguments: yield* toJson(part.params, `The call ${part.id}`) },
          ...(remembered === undefined ? {} : Extra.fields(remembered.call))
        })
        break
      }
      case "file":
        return yield* malformed("Chat completions take no files in messages of the assistant")
      // The server has no use for earlier reasoning, or the memory has it.
      case "reasoning":
      case "tool-result":
        break
    }
  }
  const message: Messages[number] = {
    role: "assistant",
    content: text === "" ? null : text,
    ...(tool_calls.length === 0 ? {} : { tool_calls }),
    ...(Object.keys(added).length === 0 ? {} : Extra.fields(added))
  }
  // The API refuses a message without content and calls.
  return text === "" && tool_calls.length === 0 ? [] : [message]
})

const toolMessages = ({ content }: Prompt.ToolMessage) =>
  Effect.forEach(content, ({ id, result }) =>
    Effect.map(
      typeof result === "string" ? Effect.succeed(result) : toJson(result, `The result of the call ${id}`),
      (content): Messages[number] => ({ role: "tool", tool_call_id: id, content })
    ))

const messagesOf = (
  message: Prompt.Message,
  options: Options
): Effect.Effect<Messages, AiError.AiError> => {
  switch (message.role) {
    case "system":
      return Effect.succeed([{ role: options.systemRole, content: message.content }])
    case "user":
      return userMessage(message, options)
    case "assistant":
      return assistantMessage(message, options)
    case "tool":
      return toolMessages(message)
  }
}

/** Returns the messages of a prompt. */
export const make = (prompt: Prompt.Prompt, options: Options): Effect.Effect<Messages, AiError.AiError> =>
  Effect.map(Effect.forEach(prompt.content, (message) => messagesOf(message, options)), (messages) => messages.flat())
