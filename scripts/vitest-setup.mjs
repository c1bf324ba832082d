// Runs before each test file.
import { statSync } from "node:fs"
import { fileURLToPath } from "node:url"

// Node 20 does not follow symbolic links of packages if the last file that it looked at was a socket, as one of a database that a
// test has removed. It then loads the package again under another path, where its own dependencies are missing.
statSync(fileURLToPath(import.meta.url))
