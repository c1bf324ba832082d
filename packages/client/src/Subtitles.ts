/**
 * Subtitles: the segments of a transcription as SubRip and WebVTT.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/Subtitles`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/Subtitles"
