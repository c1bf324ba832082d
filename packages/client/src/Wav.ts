/**
 * Wav: the header of WAV audio, and its repair.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/Wav`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/Wav"
