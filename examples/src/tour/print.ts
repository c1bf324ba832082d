import { Console, Effect } from "effect"

/** A headline. */
export const step = (title: string) => Console.log(`\n${title}`)

/** What came of it. */
export const note = (text: string) => Console.log(`  ${text}`)

/** A piece of what is still being written. */
export const write = (text: string) => Effect.sync(() => process.stdout.write(text))
