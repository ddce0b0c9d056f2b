// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.moe4j.Answer;
import org.moe4j.Generation;
import org.moe4j.Piece;
import picocli.CommandLine;

/**
 * Prints an answer as it comes, and then what it took.
 *
 * @param command where the answer goes
 * @param quiet leaves out what it took
 */
record AnswerPrinter(CommandLine command, boolean quiet) {

  Answer print(Generation generation) {
    PrintWriter out = command.getOut();
    for (Piece piece : generation) {
      out.print(piece.text());
      if (out.checkError()) { // flushes, too
        throw new Main.Problem("standard output was closed", null);
      }
    }
    Answer answer = generation.await();
    out.println();
    out.flush();
    if (!quiet) {
      PrintWriter err = command.getErr();
      err.printf(
          Locale.ROOT,
          "[%d prompt tokens, %.1f/s; %d answer tokens, %.1f/s; %s; seed %d]%n",
          answer.usage().promptTokens(),
          answer.usage().promptTokensPerSecond(),
          answer.usage().answerTokens(),
          answer.usage().tokensPerSecond(),
          answer.finishReason(),
          answer.seed());
      err.flush();
    }
    return answer;
  }
}
