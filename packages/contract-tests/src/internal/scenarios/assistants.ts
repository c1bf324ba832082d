import { AssistantFiles, Assistants, Files, type OpenAiClient } from "@effect-openai/client"
import type { OpenAiError } from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

const gone = (assistant_id: string) =>
  Effect.gen(function*() {
    const refused = (what: string, effect: Effect.Effect<unknown, OpenAiError, OpenAiClient.OpenAiClient>) =>
      Scenario.refused(`a deleted assistant can't be ${what}`, "NotFoundError", effect)
    yield* refused("retrieved", Assistants.retrieve({ assistant_id }))
    yield* refused("modified", Assistants.modify({ assistant_id, name: "Eve" }))
    yield* refused("deleted again", Assistants.delete({ assistant_id }))
  })

/** Scenarios of assistants and assistant files. */
export const assistants: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "assistants/create",
    title: "a created assistant has the fields of its request, and is retrieved unchanged",
    group: "happy",
    operations: ["createAssistant", "getAssistant"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const fields = {
        model: yield* given.model,
        name: "Ada",
        description: "Replies to questions.",
        instructions: "Be brief, and kind: \u00e4\u00f6\u00fc \u{1F600}.",
        tools: [{ type: "code_interpreter" }, { type: "retrieval" }, given.tool("get_weather")],
        metadata: { suite: "contract", "": "an empty key" }
      } as const
      const created = yield* given.assistant(fields)
      yield* Scenario.includes("the assistant has the fields of the request", created, {
        object: "assistant",
        file_ids: [],
        ...fields
      })
      const retrieved = yield* Assistants.retrieve({ assistant_id: created.id })
      yield* Scenario.equal("the retrieved assistant equals the created one", retrieved, created)
    })
  }),
  Scenario.make({
    id: "assistants/defaults",
    title: "an assistant created from a model only has the documented defaults",
    group: "happy",
    operations: ["createAssistant"],
    run: Effect.gen(function*() {
      const model = yield* given.model
      const created = yield* given.assistant()
      yield* Scenario.includes("an omitted field has its documented default", created, {
        object: "assistant",
        model,
        name: null,
        description: null,
        instructions: null,
        tools: [],
        file_ids: [],
        metadata: {}
      })
      const { created_at = 0, temperature = 1, top_p = 1 } = created
      yield* Scenario.equal("temperature and top_p are 1 by default", [temperature ?? 1, top_p ?? 1], [1, 1])
      yield* Scenario.that(
        "created_at is a time in seconds",
        created_at > 1e9 && created_at < 1e11,
        created_at
      )
      const other = yield* given.assistant()
      yield* Scenario.that("each assistant has a unique ID", other.id !== created.id, [created.id, other.id])
    })
  }),
  Scenario.make({
    id: "assistants/list",
    title: "the list of assistants is ordered from the newest to the oldest",
    group: "happy",
    operations: ["listAssistants"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const first = yield* given.assistant({ name: "first" })
      const second = yield* given.assistant({ name: "second" })
      const { data } = yield* Assistants.list({ limit: 100 })
      const ours = data.filter(({ id }) => id === first.id || id === second.id)
      yield* Scenario.equal(
        "both assistants are in the list, unchanged",
        [...ours].sort((one) => one.id === first.id ? -1 : 1),
        [first, second]
      )
      yield* Scenario.that(
        "the list is ordered from the newest to the oldest",
        data.every(({ created_at }, index) => index === 0 || created_at! <= data[index - 1]!.created_at!),
        data.map(({ created_at }) => created_at)
      )
    })
  }),
  Scenario.make({
    id: "assistants/modify",
    title: "modifyAssistant changes the fields of its request only",
    group: "happy",
    operations: ["modifyAssistant"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const created = yield* given.assistant({ name: "Ada", instructions: "Be brief.", metadata: { a: "1", b: "2" } })
      const assistant_id = created.id
      const named = yield* Assistants.modify({ assistant_id, name: "Grace", tools: [{ type: "retrieval" }] })
      yield* Scenario.equal("only name and tools have changed", named, {
        ...created,
        name: "Grace",
        tools: [{ type: "retrieval" }]
      })
      const nothing = yield* Assistants.modify({ assistant_id })
      yield* Scenario.equal("an empty modification changes nothing", nothing, named)
      const retrieved = yield* Assistants.retrieve({ assistant_id })
      yield* Scenario.equal("a retrieved object has the modification", retrieved, named)
      const { metadata } = yield* Assistants.modify({ assistant_id, metadata: { a: "3" } })
      yield* Scenario.includes("metadata has what was given", { a: metadata?.["a"] }, { a: "3" })
    })
  }),
  Scenario.make({
    id: "assistants/delete",
    title: "a deleted assistant no longer exists",
    group: "happy",
    operations: ["deleteAssistant", "getAssistant", "listAssistants"],
    requires: ["stateful", "errors"],
    run: Effect.gen(function*() {
      const { id } = yield* given.assistant()
      const deleted = yield* Assistants.delete({ assistant_id: id })
      yield* Scenario.equal("the deletion is confirmed", deleted, { id, object: "assistant.deleted", deleted: true })
      yield* gone(id)
      const { data } = yield* Assistants.list({ limit: 100 })
      yield* Scenario.that(
        "the deleted object is not listed",
        data.every((one) => one.id !== id),
        data.map(({ id }) => id)
      )
    })
  }),
  Scenario.make({
    id: "assistantFiles/attach",
    title: "a file attached to an assistant is listed and retrieved",
    group: "happy",
    operations: ["createAssistantFile", "getAssistantFile", "listAssistantFiles"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const file = yield* given.file()
      const { id: assistant_id } = yield* given.assistant({ tools: [{ type: "retrieval" }] })
      const attached = yield* AssistantFiles.create({ assistant_id, file_id: file.id })
      yield* Scenario.includes("the attachment names both", attached, {
        id: file.id,
        object: "assistant.file",
        assistant_id
      })
      const retrieved = yield* AssistantFiles.retrieve({ assistant_id, file_id: file.id })
      yield* Scenario.equal("the retrieved attachment equals the created one", retrieved, attached)
      const { data } = yield* AssistantFiles.list({ assistant_id })
      yield* Scenario.equal("the list holds the attachment and no other", data, [attached])
      const { file_ids } = yield* Assistants.retrieve({ assistant_id })
      yield* Scenario.equal("the assistant names the file", file_ids, [file.id])
    })
  }),
  Scenario.make({
    id: "assistantFiles/detach",
    title: "a detached file is no longer attached, but still exists",
    group: "happy",
    operations: ["deleteAssistantFile", "listAssistantFiles", "retrieveFile"],
    requires: ["stateful", "files", "errors"],
    run: Effect.gen(function*() {
      const [one, other] = [yield* given.file("one"), yield* given.file("other")]
      const { id: assistant_id } = yield* given.assistant({
        tools: [{ type: "retrieval" }],
        file_ids: [one.id, other.id]
      })
      const deleted = yield* AssistantFiles.delete({ assistant_id, file_id: one.id })
      yield* Scenario.equal("the detachment is confirmed", deleted, {
        id: one.id,
        object: "assistant.file.deleted",
        deleted: true
      })
      const { data } = yield* AssistantFiles.list({ assistant_id })
      yield* Scenario.equal("the other file stays attached", data.map(({ id }) => id), [other.id])
      const { file_ids } = yield* Assistants.retrieve({ assistant_id })
      yield* Scenario.equal("the assistant names only the other file", file_ids, [other.id])
      yield* Scenario.refused(
        "a detached file can't be retrieved as an assistant file",
        "NotFoundError",
        AssistantFiles.retrieve({ assistant_id, file_id: one.id })
      )
      const file = yield* Files.retrieve({ file_id: one.id })
      yield* Scenario.equal("the file still exists", file, one)
    })
  }),
  Scenario.make({
    id: "assistantFiles/modify",
    title: "modifyAssistant attaches and detaches files by file_ids",
    group: "state",
    operations: ["createAssistant", "modifyAssistant", "listAssistantFiles"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const files = [yield* given.file("one"), yield* given.file("two"), yield* given.file("three")]
      const [one, two, three] = files.map(({ id }) => id) as [string, string, string]
      const { id: assistant_id } = yield* given.assistant({ tools: [{ type: "retrieval" }], file_ids: [one, two] })
      const attached = Effect.map(
        AssistantFiles.list({ assistant_id, order: "asc" }),
        ({ data }) => data.map(({ id }) => id)
      )
      yield* Scenario.equal("the files of the request are attached", yield* attached, [one, two])
      const changed = yield* Assistants.modify({ assistant_id, file_ids: [two, three] })
      yield* Scenario.equal("the assistant names the files of the modification", changed.file_ids, [two, three])
      yield* Scenario.equal("a file that is not in file_ids is detached", yield* attached, [two, three])
      yield* Assistants.modify({ assistant_id, name: "Ada" })
      yield* Scenario.equal("a modification without file_ids keeps the files", yield* attached, [two, three])
      yield* Assistants.modify({ assistant_id, file_ids: [] })
      yield* Scenario.equal("an empty list detaches all", yield* attached, [])
    })
  }),
  Scenario.make({
    id: "assistantFiles/limit",
    title: "an assistant takes at most 20 files",
    group: "state",
    operations: ["createAssistantFile"],
    requires: ["stateful", "files", "validation"],
    run: Effect.gen(function*() {
      const files = yield* Effect.forEach(
        Array.from({ length: 21 }, (_, index) => `${index}`),
        (name) => given.file(name)
      )
      const ids = files.map(({ id }) => id)
      const { id: assistant_id } = yield* given.assistant({
        tools: [{ type: "retrieval" }],
        file_ids: ids.slice(0, 20)
      })
      yield* Scenario.refused(
        "the 21st file is refused",
        "BadRequestError",
        AssistantFiles.create({ assistant_id, file_id: ids[20]! })
      )
      const { data, has_more } = yield* AssistantFiles.list({ assistant_id, limit: 100, order: "asc" })
      yield* Scenario.equal("the first 20 files stay attached", [data.map(({ id }) => id).sort(), has_more], [
        ids.slice(0, 20).sort(),
        false
      ])
    })
  }),
  Scenario.make({
    id: "assistantFiles/deletedAssistant",
    title: "deleting an assistant keeps its files",
    group: "state",
    operations: ["deleteAssistant", "retrieveFile", "listAssistantFiles"],
    requires: ["stateful", "files", "errors"],
    run: Effect.gen(function*() {
      const file = yield* given.file()
      const { id: assistant_id } = yield* given.assistant({ tools: [{ type: "retrieval" }], file_ids: [file.id] })
      yield* Assistants.delete({ assistant_id })
      yield* Scenario.equal("the file is still there", yield* Files.retrieve({ file_id: file.id }), file)
      yield* Scenario.refused(
        "the files of a deleted assistant can't be listed",
        "NotFoundError",
        AssistantFiles.list({ assistant_id })
      )
    })
  })
]
