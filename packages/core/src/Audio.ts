/**
 * Audio: speech from text, and text from speech.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import * as FileSource from "./FileSource.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// speech
// -----------------------------------------------------------------------------

/**
 * The ID of a speech model: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const SpeechModelId = modelId("tts-1", "tts-1-hd")

export type SpeechModelId = Schema.Schema.Type<typeof SpeechModelId>

/**
 * The media type of each format of speech. `wav` and `pcm` have one channel of 24,000 samples a second with 16 bits each;
 * `pcm` has no header.
 *
 * @since 0.1.0
 * @category models
 */
export const mediaTypes = {
  mp3: "audio/mpeg",
  opus: "audio/opus",
  aac: "audio/aac",
  flac: "audio/flac",
  wav: "audio/wav",
  pcm: "audio/pcm"
} as const

/**
 * A format of speech.
 *
 * @since 0.1.0
 * @category models
 */
export type SpeechFormat = keyof typeof mediaTypes

/**
 * `input` has at most 4,096 characters.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateSpeechRequest = Struct.make({
  model: SpeechModelId.pipe(described("The ID of the model.")),
  input: Schema.String.pipe(
    Schema.maxLength(4096),
    described("The text to generate audio for. At most 4,096 characters.")
  ),
  voice: Schema.Literal("alloy", "echo", "fable", "onyx", "nova", "shimmer").pipe(described("The voice.")),
  response_format: Schema.optional(
    Schema.Literal("mp3", "opus", "aac", "flac", "wav", "pcm").pipe(
      described("The format of the audio.", { default: "mp3" })
    )
  ),
  speed: Schema.optional(
    Schema.Number.pipe(
      Schema.between(0.25, 4),
      described("The speed of the speech, from 0.25 to 4.", { default: 1 })
    )
  )
}).annotations({ identifier: "CreateSpeechRequest", description: "Request to generate speech." })

export interface CreateSpeechRequest extends Schema.Schema.Type<typeof CreateSpeechRequest> {}

const audio = (format: SpeechFormat) => Endpoint.bytes("The audio.", mediaTypes[format])

// -----------------------------------------------------------------------------
// transcription
// -----------------------------------------------------------------------------

/**
 * The ID of a transcription model: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const TranscriptionModelId = modelId("whisper-1")

export type TranscriptionModelId = Schema.Schema.Type<typeof TranscriptionModelId>

/**
 * The extensions of audio files that servers accept. A server recognizes the format by the name of the file.
 *
 * @since 0.1.0
 * @category models
 */
export const fileExtensions = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"] as const

/**
 * The maximum size of an audio file in bytes: 25 MiB.
 *
 * @since 0.1.0
 * @category models
 */
export const maxFileBytes = 25 * 1024 * 1024

/**
 * Whether the name of a file has one of {@link fileExtensions}, in letters of either case.
 *
 * @since 0.1.0
 * @category guards
 */
export const hasKnownExtension = (name: string): boolean => {
  const extension = /\.([^.]*)$/.exec(name)?.[1]?.toLowerCase()
  return fileExtensions.some((known) => known === extension)
}

const extensionRule: Endpoint.Rule<{ readonly file: FileSource.FileSource }> = {
  field: "file",
  check: ({ file }) =>
    hasKnownExtension(file.name) ? undefined : `its name must end with one of .${fileExtensions.join(", .")}`
}

/** The fields that transcriptions and translations have in common. */
const request = {
  file: FileSource.FileSource.pipe(
    described(
      "The audio file: flac, mp3, mp4, mpeg, mpga, m4a, ogg, oga, wav or webm, by the extension of its name. At most 25 MB."
    )
  ),
  model: TranscriptionModelId.pipe(described("The ID of the model.")),
  prompt: Schema.optional(
    Field.string("A text that guides the model's style or comes before the audio, in the language of the response.")
  ),
  response_format: Schema.optional(
    Schema.Literal("json", "text", "srt", "verbose_json", "vtt").pipe(
      described("The format of the response.", { default: "json" })
    )
  ),
  temperature: Schema.optional(
    Schema.Number.pipe(
      Schema.between(0, 1),
      described("The sampling temperature, from 0 to 1. With 0 the model raises it as needed.", { default: 0 })
    )
  )
}

/**
 * `timestamp_granularities[]` requires `response_format: "verbose_json"`.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateTranscriptionRequest = Struct.make({
  ...request,
  language: Schema.optional(
    Field.string("The language of the audio in ISO-639-1. It makes the transcription faster and more accurate.")
  ),
  "timestamp_granularities[]": Schema.optional(
    Schema.Array(Schema.Literal("word", "segment")).pipe(
      described("The parts of the text that have times. Only with `verbose_json`.", { default: ["segment"] })
    )
  )
}).annotations({ identifier: "CreateTranscriptionRequest", description: "Request to transcribe audio." })

export interface CreateTranscriptionRequest extends Schema.Schema.Type<typeof CreateTranscriptionRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateTranslationRequest = Struct.make(request).annotations({
  identifier: "CreateTranslationRequest",
  description: "Request to translate audio into English."
})

export interface CreateTranslationRequest extends Schema.Schema.Type<typeof CreateTranslationRequest> {}

const float = Schema.Number.annotations({ jsonSchema: { format: "float" } })

const seconds = (what: string) => float.pipe(described(`The ${what} in seconds.`))

/**
 * @since 0.1.0
 * @category models
 */
export const TranscriptionWord = Tolerant.struct({
  word: Field.string("The word."),
  start: seconds("start of the word"),
  end: seconds("end of the word")
}, {}).annotations({ identifier: "TranscriptionWord", description: "A word and its times." })

export interface TranscriptionWord extends Schema.Schema.Type<typeof TranscriptionWord> {}

/**
 * @since 0.1.0
 * @category models
 */
export const TranscriptionSegment = Tolerant.struct({
  start: seconds("start of the segment"),
  end: seconds("end of the segment"),
  text: Field.string("The text of the segment.")
}, {
  id: Field.integer("The segment's number, from 0."),
  seek: Field.integer("The offset of the part of the audio that the model read."),
  tokens: Schema.Array(Field.Integer).pipe(described("The tokens of the text.")),
  temperature: float.pipe(described("The temperature that the model used.")),
  avg_logprob: float.pipe(
    described("The average log probability of the tokens. Below -1 the segment probably failed.")
  ),
  compression_ratio: float.pipe(
    described("The compression ratio of the text. Above 2.4 the segment probably failed.")
  ),
  no_speech_prob: float.pipe(
    described(
      "The probability that there is no speech. Above 1 with an `avg_logprob` below -1, there is probably none."
    )
  )
}).annotations({ identifier: "TranscriptionSegment", description: "A segment of the text, and its times." })

export interface TranscriptionSegment extends Schema.Schema.Type<typeof TranscriptionSegment> {}

const plain = (identifier: string, what: string) =>
  Tolerant.struct({ text: Field.string(`The ${what} text.`) }, {}).annotations({
    identifier,
    description: `The ${what} text.`
  })

/**
 * @since 0.1.0
 * @category models
 */
export const CreateTranscriptionResponseJson = plain("CreateTranscriptionResponseJson", "transcribed")

export interface CreateTranscriptionResponseJson extends Schema.Schema.Type<typeof CreateTranscriptionResponseJson> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateTranslationResponseJson = plain("CreateTranslationResponseJson", "translated")

export interface CreateTranslationResponseJson extends Schema.Schema.Type<typeof CreateTranslationResponseJson> {}

/** The fields that both verbose responses have in common. */
const verbose = {
  language: Field.string("The name of the language in English."),
  duration: Schema.Number.pipe(described("The duration of the audio in seconds.")),
  segments: Schema.optional(Schema.Array(TranscriptionSegment).pipe(described("The segments of the text.")))
}

/**
 * `words` and `segments` are there as `timestamp_granularities[]` requests them. Default: `segments`.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateTranscriptionResponseVerboseJson = Tolerant.struct({ text: Field.string("The transcribed text.") }, {
  task: Schema.optional(Field.kind("task", "transcribe")),
  ...verbose,
  words: Schema.optional(Schema.Array(TranscriptionWord).pipe(described("The words of the text.")))
}).annotations({
  identifier: "CreateTranscriptionResponseVerboseJson",
  title: "Transcription",
  description: "The transcribed text and its times."
})

export interface CreateTranscriptionResponseVerboseJson
  extends Schema.Schema.Type<typeof CreateTranscriptionResponseVerboseJson>
{}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateTranslationResponseVerboseJson = Tolerant.struct({ text: Field.string("The translated text.") }, {
  task: Schema.optional(Field.kind("task", "translate")),
  ...verbose
}).annotations({
  identifier: "CreateTranslationResponseVerboseJson",
  description: "The translated text and its times."
})

export interface CreateTranslationResponseVerboseJson
  extends Schema.Schema.Type<typeof CreateTranslationResponseVerboseJson>
{}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const speech = Endpoint.make({
  name: "createSpeech",
  summary: "Create speech",
  description: "Generates audio from a text. The request chooses the format.",
  method: "POST",
  path: "/audio/speech",
  body: Endpoint.json(CreateSpeechRequest),
  success: Endpoint.byField("response_format", {
    mp3: audio("mp3"),
    opus: audio("opus"),
    aac: audio("aac"),
    flac: audio("flac"),
    wav: audio("wav"),
    pcm: audio("pcm")
  }, "mp3"),
  replayable: true
})

const textOf = (what: string) => ({
  text: Endpoint.text(`The ${what} text.`),
  srt: Endpoint.text(`The ${what} text as SubRip subtitles.`),
  vtt: Endpoint.text(`The ${what} text as WebVTT subtitles.`)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const transcribe = Endpoint.make({
  name: "createTranscription",
  summary: "Create transcription",
  description: "Transcribes audio into its language. The request chooses the format of the response.",
  method: "POST",
  path: "/audio/transcriptions",
  body: Endpoint.multipart(CreateTranscriptionRequest, { files: ["file"], maxFileBytes }),
  rules: [extensionRule, {
    field: "timestamp_granularities[]",
    check: ({ response_format, "timestamp_granularities[]": granularities }) =>
      granularities === undefined || response_format === "verbose_json"
        ? undefined
        : "is only possible with the response_format verbose_json"
  }],
  success: Endpoint.byField("response_format", {
    json: Endpoint.json(CreateTranscriptionResponseJson),
    verbose_json: Endpoint.json(CreateTranscriptionResponseVerboseJson),
    ...textOf("transcribed")
  }, "json"),
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const translate = Endpoint.make({
  name: "createTranslation",
  summary: "Create translation",
  description: "Translates audio into English. The request chooses the format of the response.",
  method: "POST",
  path: "/audio/translations",
  body: Endpoint.multipart(CreateTranslationRequest, { files: ["file"], maxFileBytes }),
  rules: [extensionRule],
  success: Endpoint.byField("response_format", {
    json: Endpoint.json(CreateTranslationResponseJson),
    verbose_json: Endpoint.json(CreateTranslationResponseVerboseJson),
    ...textOf("translated")
  }, "json"),
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Audio",
  title: "Audio",
  description: "Speech from text, and text from speech.",
  operations: { speech, transcribe, translate }
})
