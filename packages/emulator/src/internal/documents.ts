import type { ServerError } from "@effect-openai/core/Api"
import type * as AssistantFiles from "@effect-openai/core/AssistantFiles"
import type * as Assistants from "@effect-openai/core/Assistants"
import type * as Batches from "@effect-openai/core/Batches"
import type * as Files from "@effect-openai/core/Files"
import type * as FineTuning from "@effect-openai/core/FineTuning"
import type * as MessageFiles from "@effect-openai/core/MessageFiles"
import type * as Messages from "@effect-openai/core/Messages"
import type * as Runs from "@effect-openai/core/Runs"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import type * as Threads from "@effect-openai/core/Threads"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import type * as Uploads from "@effect-openai/core/Uploads"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { Ids } from "../Ids.js"
import * as Store from "../Store.js"

// The emulator stores documented objects.

/** The optional fields of tools and formats. */
type Setting = "description" | "parameters" | "strict" | "temperature" | "top_p"

export type Assistant = Tolerant.Documented<Assistants.Assistant, Setting | "response_format" | "type">

export type AssistantFile = Tolerant.Documented<AssistantFiles.AssistantFile>

export type File = Tolerant.Documented<Files.File, "status_details">

export type Thread = Tolerant.Documented<Threads.Thread>

export type Message = Tolerant.Documented<Messages.Message>

export type Run = Tolerant.Documented<Runs.Run, Setting | "reason" | "last_messages" | "function" | "type">

export type RunStep = Tolerant.Documented<RunSteps.RunStep>

export type RunUsage = Tolerant.Documented<Runs.RunUsage>

export const assistants = Store.collection<Assistant>({ name: "assistant" })

export const assistantFiles = Store.collection<AssistantFile>({
  name: "assistant.file",
  parentOf: (file) => file.assistant_id
})

export const files = Store.collection<File>({ name: "file" })

export type Upload = Tolerant.Documented<Uploads.Upload, "file" | "status_details">

/** A part knows its size. */
export interface UploadPart extends Tolerant.Documented<Uploads.UploadPart> {
  readonly bytes: number
}

export const uploads = Store.collection<Upload>({ name: "upload" })

export const uploadParts = Store.collection<UploadPart>({ name: "upload.part", parentOf: (part) => part.upload_id })

/** A batch knows how many bytes of its input file it has taken, and how many tokens it has enqueued for its model. */
export interface Batch extends Tolerant.Documented<Batches.Batch> {
  readonly metadata: Record<string, string> | null
  readonly offset: number
  readonly enqueued?: { readonly model: string; readonly tokens: number } | undefined
}

export const batches = Store.collection<Batch>({ name: "batch" })

/** Lines of the output file and of the error file of a batch, until it ends. */
export interface BatchResults extends Store.Document {
  readonly batch_id: string
  readonly created_at: number
  readonly output: string
  readonly errors: string
}

export const batchResults = Store.collection<BatchResults>({
  name: "batch.results",
  parentOf: ({ batch_id }) => batch_id
})

export const threads = Store.collection<Thread>({ name: "thread" })

export const messages = Store.collection<Message>({
  name: "thread.message",
  parentOf: (message) => message.thread_id
})

/** A message file knows its thread here: identifiers of messages are unique among those of a thread only. */
export interface MessageFile extends Tolerant.Documented<MessageFiles.MessageFile> {
  readonly thread_id: string
}

export const messageFiles = Store.collection<MessageFile>({
  name: "thread.message.file",
  parentOf: ({ message_id: id, thread_id }) => keyOf({ id, thread_id })
})

export const runs = Store.collection<Run>({ name: "thread.run", parentOf: (run) => run.thread_id })

export const runSteps = Store.collection<RunStep>({
  name: "thread.run.step",
  parentOf: ({ run_id: id, thread_id }) => keyOf({ id, thread_id })
})

/** The models are the emulator's own; those that were deleted are remembered. */
export const deletedModels = Store.collection<Store.Document & { readonly created_at: number }>({
  name: "model.deleted"
})

type Job = Tolerant.Documented<FineTuning.FineTuningJob>

/** A job knows what its training needs, and how many epochs are done. */
export interface FineTuningJob extends Omit<Job, "error" | "hyperparameters" | "integrations" | "method"> {
  readonly error: { readonly code?: string; readonly message?: string; readonly param?: string | null }
  readonly hyperparameters?: Hyperparameters
  readonly integrations: ReadonlyArray<any>
  readonly method: FineTuning.Method
  readonly suffix: string
  readonly examples: number
  readonly tokens: number
  readonly epoch: number
}

export type Hyperparameters = NonNullable<FineTuning.CreateFineTuningJobRequest["hyperparameters"]>

export const fineTuningJobs = Store.collection<FineTuningJob>({ name: "fine_tuning.job" })

/** An event knows its job. */
export interface FineTuningEvent extends Tolerant.Documented<FineTuning.FineTuningJobEvent> {
  readonly job_id: string
}

export const fineTuningEvents = Store.collection<FineTuningEvent>({
  name: "fine_tuning.job.event",
  parentOf: ({ job_id }) => job_id
})

export type FineTuningCheckpoint = Tolerant.Documented<
  FineTuning.FineTuningJobCheckpoint,
  | "step"
  | "train_loss"
  | "train_mean_token_accuracy"
  | "valid_loss"
  | "valid_mean_token_accuracy"
  | "full_valid_loss"
  | "full_valid_mean_token_accuracy"
>

export const fineTuningCheckpoints = Store.collection<FineTuningCheckpoint>({
  name: "fine_tuning.job.checkpoint",
  parentOf: ({ fine_tuning_job_id }) => fine_tuning_job_id
})

/** A model that a fine-tuning job created. */
export interface FineTunedModel extends Store.Document {
  readonly created_at: number
  readonly owned_by: string
}

export const fineTunedModels = Store.collection<FineTunedModel>({ name: "model" })

/** What the children of a message or a run are kept under: such identifiers are unique among those of a thread only. */
export const keyOf = ({ id, thread_id }: { readonly id: string; readonly thread_id: string }): string =>
  `${thread_id}/${id}`

/** More documents than one parent ever has. */
export const all = 1_000_000

/** The time in seconds since 1970. */
export const now: Effect.Effect<number> = Effect.withFiberRuntime(({ currentDefaultServices }) =>
  Effect.succeed(Math.floor(Context.get(currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis() / 1000))
)

/** Uses a service of the context: one effect, where `Effect.flatMap` of its tag takes three. */
const withService = <I, S, A, E, R>(
  tag: Context.Tag<I, S>,
  use: (service: S) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, I | R> =>
  Effect.withFiberRuntime(({ currentContext }) => use(Context.unsafeGet(currentContext, tag)))

const getAs = (intent: Store.Intent) =>
<A extends Store.Document>(
  collection: Store.Collection<A>,
  id: string,
  orFail: (id: string) => ServerError,
  parent?: string
): Effect.Effect<A, ServerError | Store.StoreError, Store.Store> =>
  withService(Store.Store, (store) =>
    Effect.flatMap(
      store.get(collection, id, parent, intent),
      (found) => found._tag === "None" ? Effect.fail(orFail(id)) : Effect.succeed(found.value)
    ))

export const getOrFail = getAs("read")

/** For a transaction that relies on the document, and does not change it. */
export const getToShare = getAs("share")

/** For a transaction that changes the document, its children, or what is decided by them. */
export const getToUpdate = getAs("update")

/** A new identifier. Another document may have it: a seed gives the same ones again, also to a store that remembers them. */
export const freshId = (prefix: string): Effect.Effect<string, never, Ids> =>
  withService(Ids, (ids) => ids.next(prefix))

/** The same with 32 hexadecimal digits, which differ for each parent. */
export const freshHexId = (prefix: string, parent = ""): Effect.Effect<string, never, Ids> =>
  Effect.map(
    freshId(prefix),
    (id) => `${prefix}${createHash("md5").update(`${parent} ${id}`).digest("hex")}`
  )

/** Uses an identifier, and then others for as long as they are taken. */
export const unlessTaken = <A, E, R, R1>(
  fresh: Effect.Effect<string, never, R>,
  use: (id: string) => Effect.Effect<A, E | Store.IdTaken, R1>
): Effect.Effect<A, Exclude<E, Store.IdTaken>, R | R1> =>
  Effect.catchIf(
    Effect.flatMap(fresh, use),
    (error): error is Store.IdTaken => error instanceof Store.IdTaken,
    () => unlessTaken(fresh, use)
  ) as Effect.Effect<A, Exclude<E, Store.IdTaken>, R | R1>

/** Inserts a document under an identifier that is not taken, and returns it. */
export const insert = <A extends Store.Document, R>(
  collection: Store.Collection<A>,
  fresh: Effect.Effect<string, never, R>,
  make: (id: string) => A
): Effect.Effect<A, Store.StoreError, Store.Store | R> =>
  withService(Store.Store, (store) =>
    unlessTaken(fresh, (id) => {
      const document = make(id)
      return Effect.as(store.insert(collection, document), document)
    }))

/** Writes bytes under a key that is not taken, and returns the key: the identifier of the document that follows. */
export const writeBlob = <E, R, R1>(
  fresh: Effect.Effect<string, never, R>,
  bytes: Stream.Stream<Uint8Array, E, R1>
): Effect.Effect<string, Exclude<E, Store.IdTaken> | Store.StoreError, Store.Store | R | R1> =>
  Effect.flatMap(
    Store.Store,
    (store) => unlessTaken(fresh, (id) => Effect.as(store.writeBlob(id, bytes), id))
  )

/** Inserts the document of bytes, whose identifier is theirs already. */
export const insertOwner = <A extends Store.Document>(
  collection: Store.Collection<A>,
  document: A
): Effect.Effect<void, Store.StoreError, Store.Store> =>
  Effect.flatMap(Store.Store, (store) =>
    Effect.catchTag(
      store.insert(collection, document),
      "IdTaken",
      ({ id }) => new Store.StoreError({ message: `There is a document ${id} without bytes.` })
    ))

const turns = Store.collection<Store.Document>({ name: "emulator.turn", timeOf: () => 0, isShared: true })

/**
 * Lets transactions come one after the other that decide by several documents: whether one is the last of its kind, for
 * example. It lasts until the transaction ends, and comes before every other lock of it.
 */
export const takeTurn = (name: "organization" | "batches"): Effect.Effect<void, Store.StoreError, Store.Store> =>
  Effect.flatMap(Store.Store, (store) => store.set(turns, { id: name }))

/** A page of a list in the API's format. */
export const list = <A extends Store.Document>(collection: Store.Collection<A>, query: Store.Query<A>) =>
  Effect.map(withService(Store.Store, (store) => store.list(collection, query)), ({ data, hasMore }) => ({
    object: "list" as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data[data.length - 1]?.id ?? null,
    has_more: hasMore
  }))

/** Changes the metadata of a document that was read to update it, and returns the document. Must run in a transaction. */
export const modifyMetadata = <A extends Store.Document & { readonly metadata: unknown }>(
  collection: Store.Collection<A>,
  document: A,
  { metadata }: { readonly metadata?: A["metadata"] | null | undefined }
): Effect.Effect<A, Store.StoreError, Store.Store> =>
  Effect.gen(function*() {
    if (metadata === undefined) return document
    const store = yield* Store.Store
    const modified = { ...document, metadata: metadata ?? {} }
    yield* store.set(collection, modified)
    return modified
  })
