/**
 * A file to upload: its name, its media type, and its bytes as a Stream.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/FileSource`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/FileSource"
