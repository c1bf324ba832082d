import { Console, Effect } from "effect"

/** A headline. */
export const step = (title: string) => Console.log(`\n${title}`)

/** A result. */
export const note = (text: string) => Console.log(`  ${text}`)

/** A part of a line. */
export const write = (text: string) => Effect.sync(() => process.stdout.write(text))
