import { MessageFiles, Messages, Threads } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

/** Scenarios of threads, messages and message files. */
export const threads: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "threads/create",
    title: "a thread is created from an empty request, and is retrieved unchanged",
    group: "happy",
    operations: ["createThread", "getThread"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const created = yield* given.thread()
      yield* Scenario.includes("the metadata is empty", created, { object: "thread", metadata: {} })
      yield* Scenario.equal(
        "the retrieved thread equals the created one",
        yield* Threads.retrieve({ thread_id: created.id }),
        created
      )
      const { data } = yield* Messages.list({ thread_id: created.id })
      yield* Scenario.equal("the thread has no messages", data, [])
    })
  }),
  Scenario.make({
    id: "threads/messages",
    title: "a thread is created with messages",
    group: "happy",
    operations: ["createThread", "listMessages"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const { id: thread_id, metadata } = yield* given.thread({
        messages: [
          { role: "user", content: "one" },
          { role: "user", content: "two", metadata: { place: "second" } }
        ],
        metadata: { suite: "contract" }
      })
      yield* Scenario.equal("the metadata is that of the request", metadata, { suite: "contract" })
      const { data } = yield* Messages.list({ thread_id, order: "asc" })
      yield* Scenario.equal(
        "the messages are there in their order",
        data.map((message) => [given.textOf(message), message.metadata, message.thread_id]),
        [["one", {}, thread_id], ["two", { place: "second" }, thread_id]]
      )
    })
  }),
  Scenario.make({
    id: "threads/modify",
    title: "modifyThread changes the metadata only",
    group: "happy",
    operations: ["modifyThread"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const created = yield* given.thread({ metadata: { a: "1" } })
      const modified = yield* Threads.modify({ thread_id: created.id, metadata: { a: "2" } })
      yield* Scenario.equal("only the metadata has changed", modified, { ...created, metadata: { a: "2" } })
      yield* Scenario.equal(
        "a retrieved object has the modification",
        yield* Threads.retrieve({ thread_id: created.id }),
        modified
      )
    })
  }),
  Scenario.make({
    id: "threads/delete",
    title: "a deleted thread and its messages no longer exist",
    group: "happy",
    operations: ["deleteThread", "getThread", "listMessages", "getMessage"],
    requires: ["stateful", "errors"],
    run: Effect.gen(function*() {
      const { id } = yield* given.thread()
      const { id: message_id } = yield* given.message(id)
      const deleted = yield* Threads.delete({ thread_id: id })
      yield* Scenario.equal("the deletion is confirmed", deleted, { id, object: "thread.deleted", deleted: true })
      yield* Scenario.refused("it can't be retrieved", "NotFoundError", Threads.retrieve({ thread_id: id }))
      yield* Scenario.refused(
        "a deleted or other thread's object can't be modified",
        "NotFoundError",
        Threads.modify({ thread_id: id, metadata: {} })
      )
      yield* Scenario.refused(
        "the messages of a deleted thread can't be listed",
        "NotFoundError",
        Messages.list({ thread_id: id })
      )
      yield* Scenario.refused(
        "a message of a deleted thread can't be retrieved",
        "NotFoundError",
        Messages.retrieve({ thread_id: id, message_id })
      )
      yield* Scenario.refused("no message can be added to a deleted thread", "NotFoundError", given.message(id))
    })
  }),
  Scenario.make({
    id: "messages/create",
    title: "a created message has the fields of its request, and is retrieved unchanged",
    group: "happy",
    operations: ["createMessage", "getMessage"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const { id: thread_id } = yield* given.thread()
      const content = "How many stars shine?\n\u00dcber 7 \u{1F31F}?"
      const created = yield* given.message(thread_id, { content, metadata: { suite: "contract" } })
      yield* Scenario.includes("the message has the fields of the request", created, {
        object: "thread.message",
        thread_id,
        role: "user",
        content: [{ type: "text", text: { value: content, annotations: [] } }],
        file_ids: [],
        assistant_id: null,
        run_id: null,
        metadata: { suite: "contract" }
      })
      yield* Scenario.equal(
        "the retrieved message equals the created one",
        yield* Messages.retrieve({ thread_id, message_id: created.id }),
        created
      )
    })
  }),
  Scenario.make({
    id: "messages/list",
    title: "the messages of a thread are listed from the newest to the oldest by default",
    group: "happy",
    operations: ["listMessages"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const { id: thread_id } = yield* given.thread()
      const one = yield* given.message(thread_id, { content: "one" })
      const two = yield* given.message(thread_id, { content: "two" })
      const page = yield* Messages.list({ thread_id })
      yield* Scenario.equal("the page holds both objects, with first_id and last_id", page, {
        object: "list",
        data: [two, one],
        first_id: two.id,
        last_id: one.id,
        has_more: false
      })
      const { data } = yield* Messages.list({ thread_id, order: "asc" })
      yield* Scenario.equal("in ascending order the oldest message is first", data, [one, two])
      const other = yield* given.thread()
      yield* Scenario.equal("another thread has no messages", (yield* Messages.list({ thread_id: other.id })).data, [])
    })
  }),
  Scenario.make({
    id: "messages/modify",
    title: "modifyMessage changes the metadata only",
    group: "happy",
    operations: ["modifyMessage"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const { id: thread_id } = yield* given.thread()
      const created = yield* given.message(thread_id)
      const ids = { thread_id, message_id: created.id }
      const modified = yield* Messages.modify({ ...ids, metadata: { seen: "yes" } })
      yield* Scenario.equal("only the metadata has changed", modified, { ...created, metadata: { seen: "yes" } })
      yield* Scenario.equal("a retrieved object has the modification", yield* Messages.retrieve(ids), modified)
    })
  }),
  Scenario.make({
    id: "messageFiles/attach",
    title: "the files of a message are listed and retrieved",
    group: "happy",
    operations: ["listMessageFiles", "getMessageFile", "createMessage"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const ids = [(yield* given.file("one")).id, (yield* given.file("two")).id]
      const { id: thread_id } = yield* given.thread()
      const { file_ids, id: message_id } = yield* given.message(thread_id, { file_ids: ids })
      yield* Scenario.equal("the message names its files", file_ids, ids)
      const { data } = yield* MessageFiles.list({ thread_id, message_id })
      yield* Scenario.equal("the list holds them and no other", data.map(({ id }) => id).sort(), [...ids].sort())
      const retrieved = yield* Effect.forEach(
        data,
        ({ id }) => MessageFiles.retrieve({ thread_id, message_id, file_id: id })
      )
      yield* Scenario.equal("each file is retrieved as it is listed", retrieved, data)
      for (const one of data) {
        yield* Scenario.includes("each file names its message", one, { object: "thread.message.file", message_id })
      }
      const { id: other } = yield* given.message(thread_id)
      const none = yield* MessageFiles.list({ thread_id, message_id: other })
      yield* Scenario.equal("a message without files has an empty list", [none.data, none.has_more], [[], false])
    })
  }),
  Scenario.make({
    id: "messages/threads",
    title: "a message is found in its own thread only",
    group: "state",
    operations: ["getMessage", "modifyMessage"],
    requires: ["stateful", "errors"],
    run: Effect.gen(function*() {
      const [one, other] = [yield* given.thread(), yield* given.thread()]
      const { id: message_id } = yield* given.message(one.id)
      const elsewhere = { thread_id: other.id, message_id }
      yield* Scenario.refused(
        "the message can't be retrieved from another thread",
        "NotFoundError",
        Messages.retrieve(elsewhere)
      )
      yield* Scenario.refused(
        "a deleted or other thread's object can't be modified",
        "NotFoundError",
        Messages.modify({ ...elsewhere, metadata: {} })
      )
      yield* Messages.retrieve({ thread_id: one.id, message_id })
    })
  })
]
