/**
 * Speech from text, and text from speech.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Audio"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Audio"

/**
 * Create speech (`createSpeech`). Default: mp3. `.stream` emits the audio as it is received. `Wav.repair` corrects the header
 * of WAV.
 *
 * @example
 * import { Audio } from "@effect-openai/client"
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Stream } from "effect"
 *
 * const toFile = Effect.flatMap(FileSystem.FileSystem, (fileSystem) =>
 *   Audio.speech.stream({ model: "tts-1", voice: "alloy", input: "The quick brown fox." }).pipe(
 *     Stream.run(fileSystem.sink("speech.mp3"))
 *   ))
 *
 * @since 0.1.0
 * @category operations
 */
export const speech: Operation.Of<typeof Contract.speech> = Operation.jsonDownload(Contract.speech)

/**
 * Create transcription (`createTranscription`). `response_format` chooses the type of the response: an object for `json`
 * (the default) and `verbose_json`, and a string for `text`, `srt` and `vtt`. Maximum size of a file: 25 MB. Fails with
 * `InvalidRequestError` for a file whose name has no known extension.
 *
 * @example
 * import { Audio } from "@effect-openai/client"
 * import { FileSource } from "@effect-openai/core"
 * import { Effect } from "effect"
 *
 * const subtitles = Effect.flatMap(
 *   FileSource.fromPath("talk.mp3"),
 *   (file) => Audio.transcribe({ file, model: "whisper-1", response_format: "srt" })
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const transcribe: Operation.Of<typeof Contract.transcribe> = Operation.upload(Contract.transcribe)

/**
 * Create translation (`createTranslation`), into English. Its request and its response are like those of
 * {@link transcribe}, without words.
 *
 * @since 0.1.0
 * @category operations
 */
export const translate: Operation.Of<typeof Contract.translate> = Operation.upload(Contract.translate)
