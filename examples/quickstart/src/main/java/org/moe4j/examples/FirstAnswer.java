// SPDX-License-Identifier: Apache-2.0
package org.moe4j.examples;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.moe4j.Message;
import org.moe4j.MixtureModel;
import org.moe4j.Piece;
import org.moe4j.Request;
import org.moe4j.demo.DemoModel;

/** The shortest way to an answer, and to one that streams. */
public final class FirstAnswer {

  private FirstAnswer() {}

  /**
   * Runs the example.
   *
   * @param args none
   */
  public static void main(String... args) {
    run(DemoModel.path(), System.out);
  }

  static void run(Path path, PrintStream out) {
    try (MixtureModel model = MixtureModel.open(path)) {
      out.println(model.generate("Explain photosynthesis.").text());

      List<Message> messages = List.of(Message.user("What is supply and demand?"));
      Request request = Request.chat(messages).maxTokens(100).temperature(0.7).build();
      for (Piece piece : model.start(request)) {
        out.print(piece.text());
      }
    }
  }
}
