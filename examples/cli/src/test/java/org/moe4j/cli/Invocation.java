// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * What a run of the command gave.
 *
 * @param status exit status
 * @param out standard output
 * @param err standard error
 */
record Invocation(int status, String out, String err) {

  /** Runs the command inside the test. */
  static Invocation of(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = command.execute(args);
    return new Invocation(status, out.toString(), err.toString());
  }
}
