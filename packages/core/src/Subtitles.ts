/**
 * Subtitles: the segments of a transcription as SubRip and WebVTT.
 *
 * @since 0.1.0
 */

/**
 * A text and its times in seconds, such as a segment of a transcription.
 *
 * @since 0.1.0
 * @category models
 */
export interface Segment {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: 0. The time in seconds that is added to all times, for audio that was transcribed in parts. */
  readonly offset?: number | undefined
}

const timeOf = (seconds: number, separator: string): string => {
  const millis = Math.max(0, Math.round(seconds * 1000))
  const pad = (value: number, length: number) => String(Math.floor(value)).padStart(length, "0")
  const time = [millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60].map((value) => pad(value, 2)).join(":")
  return `${time}${separator}${pad(millis % 1000, 3)}`
}

/** A cue can't have an empty line, which ends it, or the arrow between its times. */
const textOf = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, "\n").replaceAll("-->", "->")

const cues = (segments: Iterable<Segment>, separator: string, { offset = 0 }: Options, isNumbered: boolean): string =>
  Array.from(
    segments,
    ({ end, start, text }, index) =>
      `${isNumbered ? `${index + 1}\n` : ""}${timeOf(start + offset, separator)} --> ${
        timeOf(end + offset, separator)
      }\n${textOf(text)}\n\n`
  ).join("")

/**
 * Writes segments as SubRip (`.srt`), as the API does.
 *
 * @example
 * import { type Audio, Subtitles } from "@effect-openai/core"
 *
 * const subtitles = ({ segments = [] }: Audio.CreateTranscriptionResponseVerboseJson) => Subtitles.toSrt(segments)
 *
 * @since 0.1.0
 * @category formatting
 */
export const toSrt = (segments: Iterable<Segment>, options: Options = {}): string =>
  `${cues(segments, ",", options, true)}\n`

/**
 * Writes segments as WebVTT (`.vtt`), as the API does.
 *
 * @since 0.1.0
 * @category formatting
 */
export const toVtt = (segments: Iterable<Segment>, options: Options = {}): string =>
  `WEBVTT\n\n${cues(segments, ".", options, false)}`
