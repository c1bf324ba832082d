import { chosen, ServerError } from "@effect-openai/core/Api"
import * as Contract from "@effect-openai/core/Audio"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Wav from "@effect-openai/core/Wav"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { Tokenizer } from "../Tokenizer.js"
import { api } from "./api.js"
import { concat } from "./bytes.js"
import { refused } from "./errors.js"
import * as Form from "./form.js"
import { Gallery } from "./gallery.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { bill } from "./organization/meter.js"
import { RateLimits } from "./rateLimits.js"
import * as Comment from "./speech/comment.js"
import * as Speech from "./speech/speech.js"
import * as Transcription from "./transcription.js"

// -----------------------------------------------------------------------------
// audio that is received
// -----------------------------------------------------------------------------

const invalidFormat = refused(
  `Invalid file format. Supported formats: [${Contract.fileExtensions.map((extension) => `'${extension}'`).join(", ")}]`
)

const notDecoded = refused("The audio file could not be decoded or its format is not supported.")

const minDuration = 0.1

const megabyte = 1024 * 1024

const tooShort = new ServerError({
  status: 400,
  code: "audio_too_short",
  message: `Audio file is too short. Minimum audio length is ${minDuration} seconds.`
})

const tooLarge = (bytes: number): ServerError =>
  new ServerError({
    status: 413,
    type: "server_error",
    message: `Maximum content size limit (${Contract.maxFileBytes}) exceeded (${bytes} bytes read)`
  })

/** The assumed rate of audio whose format is not read. */
const bytesPerSecond = 16_000

/** The text of the emulator's own speech; a text that depends on the bytes for other audio. */
const hear = (name: string, bytes: Uint8Array): Effect.Effect<Transcription.Heard, ServerError> => {
  if (!Contract.hasKnownExtension(name)) return invalidFormat
  if (bytes.length === 0) return tooShort
  const wav = Wav.header(bytes)
  if (/\.wav$/i.test(name) && Option.isNone(wav)) return notDecoded
  const comment = Comment.read(bytes)
  if (comment !== undefined) return Effect.succeed(comment)
  const duration = Option.match(wav, {
    onNone: () => Math.max(minDuration, bytes.length / bytesPerSecond),
    onSome: (header) => header.duration
  })
  if (duration < minDuration) return tooShort
  const digest = createHash("sha256").update(bytes).digest("hex")
  return Effect.succeed({ text: Transcription.invent(digest, duration), duration })
}

/** Receives the form of a transcription or a translation. */
const receive = <Fields extends typeof Contract.CreateTranslationRequest.fields>(
  body: Endpoint.Multipart<Fields>,
  request: HttpServerRequest
) =>
  Effect.gen(function*() {
    const read = yield* Form.read(
      body,
      request,
      ({ content }) => Effect.map(Stream.runCollect(content), (chunks) => concat([...chunks])),
      { limit: Contract.maxFileBytes, tooLarge }
    )
    return { request: read.request, bytes: read.files[0]!.result }
  })

// -----------------------------------------------------------------------------
// languages
// -----------------------------------------------------------------------------

const names = new Intl.DisplayNames("en", { type: "language" })

/** The name of a language in English, in lower case. undefined for a code that is not one of ISO-639-1. */
const languageOf = (code: string): string | undefined => {
  if (!/^[a-z]{2}$/i.test(code)) return undefined
  const name = names.of(code)
  return name === undefined || name.toLowerCase() === code.toLowerCase() ? undefined : name.toLowerCase()
}

const invalidLanguage = (language: string): ServerError =>
  new ServerError({
    status: 400,
    param: "language",
    code: "invalid_language_format",
    message: `Invalid language '${language}'. Language parameter must be specified in ISO-639-1 format.`,
    summary: "Invalid language."
  })

// -----------------------------------------------------------------------------
// responses
// -----------------------------------------------------------------------------

const text = (format: keyof typeof Transcription.texts, heard: Transcription.Heard) =>
  HttpServerResponse.text(Transcription.texts[format](heard), { contentType: "text/plain; charset=utf-8" })

export const layer = HttpApiBuilder.group(
  api,
  "Audio",
  (handlers) =>
    handlers
      .handle("createSpeech", ({ payload }) =>
        Effect.gen(function*() {
          const { admit } = yield* RateLimits
          const { count } = yield* Tokenizer
          yield* admit(payload.model, { tokens: count(payload.input, payload.model), shown: ["requests", "tokens"] })
          yield* bill({ kind: "audio_speeches", model: payload.model, characters: payload.input.length })
          const gallery = yield* Gallery
          yield* gallery.addSpeech(payload)
          return HttpServerResponse.stream(Stream.fromIterable(Speech.generate(payload)), {
            contentType: Contract.mediaTypes[payload.response_format ?? "mp3"]
          })
        }))
      .handle("createTranscription", ({ request }) =>
        Effect.gen(function*() {
          const { bytes, request: fields } = yield* receive(Contract.transcribe.body, request)
          const { response_format: format = "json", temperature = 0 } = fields
          const granularities = fields["timestamp_granularities[]"]
          if (granularities !== undefined && format !== "verbose_json") {
            return yield* refused(
              "'timestamp_granularities' is only allowed when 'response_format' is 'verbose_json'.",
              "timestamp_granularities[]"
            )
          }
          const language = fields.language === undefined ? "english" : languageOf(fields.language)
          if (language === undefined) return yield* invalidLanguage(fields.language!)
          const heard = yield* hear(fields.file.name, bytes)
          const { admit } = yield* RateLimits
          yield* admit(fields.model, { audioMegabytes: bytes.length / megabyte, shown: ["requests"] })
          yield* bill({ kind: "audio_transcriptions", model: fields.model, seconds: Math.ceil(heard.duration) })
          if (format === "json") return chosen("json", { text: heard.text })
          if (format !== "verbose_json") return text(format, heard)
          const has = (granularity: "segment" | "word") => (granularities ?? ["segment"]).includes(granularity)
          return chosen("verbose_json", {
            task: "transcribe" as const,
            language,
            ...heard,
            ...(has("word") ? { words: Transcription.wordsOf(heard) } : {}),
            ...(has("segment") || granularities?.length === 0
              ? { segments: Transcription.segmentsOf(heard, temperature) }
              : {})
          })
        }))
      .handle("createTranslation", ({ request }) =>
        Effect.gen(function*() {
          const { bytes, request: fields } = yield* receive(Contract.translate.body, request)
          const { response_format: format = "json", temperature = 0 } = fields
          const heard = yield* hear(fields.file.name, bytes)
          const { admit } = yield* RateLimits
          yield* admit(fields.model, { audioMegabytes: bytes.length / megabyte, shown: ["requests"] })
          yield* bill({ kind: "audio_transcriptions", model: fields.model, seconds: Math.ceil(heard.duration) })
          if (format === "json") return chosen("json", { text: heard.text })
          if (format !== "verbose_json") return text(format, heard)
          return chosen("verbose_json", {
            task: "translate" as const,
            language: "english",
            ...heard,
            segments: Transcription.segmentsOf(heard, temperature)
          })
        }))
)
