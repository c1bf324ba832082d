import type * as Contract from "@effect-openai/core/Audio"
import * as Subtitles from "@effect-openai/core/Subtitles"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import { hash } from "./hash.js"
import { timed, type Word } from "./speech/words.js"

// A text and a duration as the responses to a transcription.

/** What was heard. */
export interface Heard {
  readonly text: string
  /** In seconds. */
  readonly duration: number
}

/** Words for audio without a comment. */
const vocabulary = [
  "light",
  "harbour",
  "seven",
  "stars",
  "morning",
  "over",
  "quiet",
  "river",
  "under",
  "bridge",
  "and",
  "slowly",
  "green",
  "voices",
  "carry",
  "the"
]

const wordsPerSentence = 8
const maxWords = 400

/** A text for audio of unknown content. The same audio always has the same text. */
export const invent = (digest: string, duration: number): string => {
  const count = Math.min(maxWords, Math.max(1, Math.round(duration * 2.5)))
  const words = Array.from(
    { length: count },
    (_, index) => vocabulary[hash(digest, index) % vocabulary.length]!
  )
  const sentences = Array.from({ length: Math.ceil(count / wordsPerSentence) }, (_, index) => {
    const sentence = words.slice(index * wordsPerSentence, (index + 1) * wordsPerSentence).join(" ")
    return `${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`
  })
  return sentences.join(" ")
}

type Segment = Tolerant.Documented<Contract.TranscriptionSegment>

/** The first token of the time of 0 in the vocabulary of Whisper. */
const startOfTime = 50_364

const isEndOfSentence = ({ word }: Word): boolean => /[.!?…]["')\]]*$/.test(word)

/** Segments of at most a sentence each. */
export const segmentsOf = ({ duration, text }: Heard, temperature: number): ReadonlyArray<Segment> => {
  const sentences: Array<Array<Word>> = []
  let isOpen = false
  for (const word of timed(text, duration)) {
    if (isOpen) sentences.at(-1)!.push(word)
    else sentences.push([word])
    isOpen = !isEndOfSentence(word)
  }
  return sentences.map((words, id) => {
    const [start, end] = [words[0]!.start, words.at(-1)!.end]
    const sentence = words.map(({ word }) => word).join(" ")
    return {
      id,
      seek: 0,
      start,
      end,
      text: ` ${sentence}`,
      tokens: [
        startOfTime + Math.round(start * 50),
        ...words.map(({ word }) => hash(word, 0) % 50_000),
        startOfTime + Math.round(end * 50)
      ],
      temperature,
      avg_logprob: -0.2 - hash(sentence, 1) % 100 / 1000,
      compression_ratio: 1 + hash(sentence, 2) % 100 / 100,
      no_speech_prob: hash(sentence, 3) % 100 / 10_000
    }
  })
}

/** The words without punctuation around them. */
export const wordsOf = ({ duration, text }: Heard): ReadonlyArray<Word> =>
  timed(text, duration).map(({ word, ...times }) => ({
    word: word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "") || word,
    ...times
  }))

/** The formats of text. */
export const texts: {
  readonly [F in "text" | "srt" | "vtt"]: (heard: Heard) => string
} = {
  text: ({ text }) => `${text}\n`,
  srt: (heard) => Subtitles.toSrt(segmentsOf(heard, 0)),
  vtt: (heard) => Subtitles.toVtt(segmentsOf(heard, 0))
}
