import * as Effect from "effect/Effect"
import { recording } from "../scenarios/media.js"
import type { Samples } from "./sample.js"

const file = { fileName: "recording.wav", content: recording }

const unknownExtension = {
  title: "a file whose name has no extension of audio",
  field: "file",
  body: { file: { ...file, fileName: "recording.txt" } }
}

export const samples: Samples<"Audio"> = {
  createSpeech: {
    body: () => ({ model: "tts-1", input: "The harbour is quiet.", voice: "alloy" }),
    references: () => Effect.succeed({ model: "tts-1" }),
    // Each character is billed, and an empty text has no speech.
    adapt: ({ input, ...body }) => ({ ...body, input: `Hello. ${String(input)}`.slice(0, 40) })
  },
  createTranscription: {
    body: () => ({ model: "whisper-1", file }),
    rules: [unknownExtension, {
      title: "timestamp_granularities[] without verbose_json",
      field: "timestamp_granularities",
      body: { "timestamp_granularities[]": "word" }
    }, {
      title: "a language that is not a code",
      field: "language",
      body: { language: "xx-yy" }
    }]
  },
  createTranslation: {
    body: () => ({ model: "whisper-1", file }),
    rules: [unknownExtension]
  }
}
