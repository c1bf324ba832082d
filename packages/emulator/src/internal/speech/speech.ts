import type * as Contract from "@effect-openai/core/Audio"
import { join, littleEndian } from "../bytes.js"
import * as Comment from "./comment.js"
import * as Silence from "./silence.js"
import { sampleRate, samples } from "./waveform.js"
import { durationOf, timed } from "./words.js"

// Speech as the emulator generates it: audio of each format, with its text in a comment.

/** The size in the header of audio whose end is not known yet. */
const unknownSize = [0xff, 0xff, 0xff, 0xff]

const wavHeader = (comment: Uint8Array): Uint8Array => {
  const padded = join(comment, new Uint8Array(2 - comment.length % 2))
  const info = join("INFO", "ICMT", littleEndian(padded.length, 4), padded)
  return join(
    "RIFF",
    unknownSize,
    "WAVE",
    "fmt ",
    littleEndian(16, 4),
    // PCM, one channel.
    littleEndian(1, 2),
    littleEndian(1, 2),
    littleEndian(sampleRate, 4),
    littleEndian(2 * sampleRate, 4),
    littleEndian(2, 2),
    littleEndian(16, 2),
    "LIST",
    littleEndian(info.length, 4),
    info,
    "data",
    unknownSize
  )
}

const encode = (format: Contract.SpeechFormat, text: string, duration: number): Iterable<Uint8Array> => {
  const comment = Comment.write({ text, duration })
  const audio = () => samples(timed(text, duration), duration)
  switch (format) {
    case "wav":
      return (function*() {
        yield wavHeader(comment)
        yield* audio()
      })()
    case "pcm":
      // Has no place for a comment, so it is behind the audio, padded to complete samples.
      return (function*() {
        yield* audio()
        yield join(comment, new Uint8Array(comment.length % 2))
      })()
    case "mp3":
    case "aac":
    case "flac":
    case "opus":
      return Silence[format](comment, duration)
  }
}

/** The audio of a text, in chunks. */
export const generate = (
  { input, response_format: format = "mp3", speed = 1 }: Contract.CreateSpeechRequest
): Iterable<Uint8Array> => encode(format, input, durationOf(input, speed))
