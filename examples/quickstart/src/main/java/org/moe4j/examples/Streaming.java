// SPDX-License-Identifier: Apache-2.0
package org.moe4j.examples;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.moe4j.Answer;
import org.moe4j.Generation;
import org.moe4j.Message;
import org.moe4j.MixtureModel;
import org.moe4j.Piece;
import org.moe4j.Request;
import org.moe4j.demo.DemoModel;

/** One handle for streaming, cancelling and waiting. */
public final class Streaming {

  private Streaming() {}

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
      sample(model, out);
      cancel(model, out);
      listen(model, out);
    }
  }

  /** What a request can say; {@code generate(r)} is {@code start(r).await()}. */
  private static void sample(MixtureModel model, PrintStream out) {
    Request request =
        Request.chat(List.of(Message.system("Be brief."), Message.user("What is a cell?")))
            .maxTokens(40)
            .temperature(0.7)
            .topP(0.9)
            .seed(7)
            .stop("\n\n")
            .logprobs(5)
            .deadline(Duration.ofMinutes(1))
            .build();
    Answer answer = model.generate(request);
    out.println(answer.text());
    out.printf(
        "ended by %s; the first token had %d alternatives listed%n",
        answer.finishReason(), answer.tokens().getFirst().top().size());
    out.printf("expert 17 of layer 5 ran for %d tokens%n", answer.experts().layer(5).count(17));
  }

  /** Cancelling ends within one token; the answer so far remains. */
  private static void cancel(MixtureModel model, PrintStream out) {
    StringBuilder seen = new StringBuilder();
    Answer answer;
    try (Generation generation =
        model.start(Request.prompt("The sun is").maxTokens(500).ignoreEnd(true).build())) {
      for (Piece piece : generation) {
        seen.append(piece.text());
        if (seen.length() > 20) {
          generation.cancel();
        }
      }
      answer = generation.await();
    }
    out.printf(
        "%s after %d tokens:%s%n",
        answer.finishReason(), answer.usage().answerTokens(), answer.text());
  }

  /** Callbacks instead of a loop; they run on a thread of their own. */
  private static void listen(MixtureModel model, PrintStream out) {
    StringBuilder text = new StringBuilder();
    try (Generation generation =
        model.start(Request.prompt("Water is").maxTokens(20).temperature(0).build())) {
      generation.listen(
          piece -> text.append(piece.text()),
          (answer, failure) -> {
            if (failure != null) {
              text.append(" ... ").append(failure.getMessage());
            }
          });
      out.println(generation.await().text());
    }
  }
}
