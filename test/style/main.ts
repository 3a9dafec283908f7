/** Prints every complaint, one a line: `sh src/node.sh test/style/main.ts > test/style/still-to-mend.txt`. */
import { complaints } from './complaints.ts'

for (const complaint of complaints()) console.log(complaint)
