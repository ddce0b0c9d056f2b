// SPDX-License-Identifier: Apache-2.0
package org.moe4j.examples;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.moe4j.Answer;
import org.moe4j.Generation;
import org.moe4j.Message;
import org.moe4j.MixtureModel;
import org.moe4j.Piece;
import org.moe4j.Request;
import org.moe4j.demo.DemoModel;

/** Asks a question and prints the answer as it comes. */
public final class QuickStart {

  private QuickStart() {}

  /**
   * Runs the example.
   *
   * @param args the question, optional
   */
  public static void main(String... args) {
    String question = args.length > 0 ? String.join(" ", args) : "What is supply and demand?";
    run(DemoModel.path(), question, System.out);
  }

  static void run(Path path, String question, PrintStream out) {
    try (MixtureModel model = MixtureModel.open(path)) {
      out.printf("%s on %s%n> %s%n", model.info().family(), model.device(), question);
      Request request =
          Request.chat(List.of(Message.user(question)))
              .maxTokens(120)
              .temperature(0.7)
              .repetitionPenalty(1.2)
              .seed(7)
              .build();
      try (Generation generation = model.start(request)) {
        for (Piece piece : generation) {
          out.print(piece.text());
          out.flush();
        }
        Answer answer = generation.await();
        out.printf(
            "%n(%d tokens, %.0f a second; ended by %s)%n",
            answer.usage().answerTokens(), answer.usage().tokensPerSecond(), answer.finishReason());
      }
    }
  }
}
