// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.moe4j.Answer;
import org.moe4j.FinishReason;
import org.moe4j.Generation;
import org.moe4j.Message;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.Piece;
import org.moe4j.Request;
import org.moe4j.Scores;
import org.moe4j.Token;
import org.moe4j.demo.DemoModel;

/** What a caller of {@link MixtureModel} can rely on, shown on the demo model. */
@Timeout(120)
class GenerationTest {

  private static MixtureModel model;

  @BeforeAll
  static void open() {
    model = MixtureModel.open(DemoModel.path());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Request.Builder ask(String question) {
    return Request.chat(List.of(Message.user(question))).temperature(0);
  }

  @Test
  void aPlainTextIsAskedThroughTheChatTemplate() {
    Request same = Request.chat(List.of(Message.user("What is a cell?"))).maxTokens(8).build();
    Answer answer = model.generate(same);
    // The model's own default is greedy, so the same question has the same answer.
    int[] start = Arrays.copyOf(model.generate("What is a cell?").ids(), answer.ids().length);
    assertArrayEquals(start, answer.ids());
  }

  @Test
  void piecesAddUpToTheTextAndTheTokens() {
    Generation generation = model.start(ask("Explain photosynthesis.").maxTokens(40).build());
    StringBuilder text = new StringBuilder();
    List<Token> tokens = new ArrayList<>();
    for (Piece piece : generation) {
      text.append(piece.text());
      tokens.addAll(piece.tokens());
    }
    Answer answer = generation.await();
    assertEquals(answer.text(), text.toString());
    assertEquals(answer.tokens(), tokens);
    assertEquals(40, answer.usage().answerTokens());
    assertEquals(FinishReason.MAX_TOKENS, answer.finishReason());
    // Every iterator starts with the first piece.
    StringBuilder again = new StringBuilder();
    generation.forEach(piece -> again.append(piece.text()));
    assertEquals(answer.text(), again.toString());
  }

  @Test
  void aListenerHearsEveryPieceAndOneEnd() throws InterruptedException {
    Generation generation = model.start(ask("What is gravity?").maxTokens(12).build());
    StringBuilder text = new StringBuilder();
    List<Object> ends = new ArrayList<>();
    CountDownLatch ended = new CountDownLatch(1);
    generation.listen(
        piece -> text.append(piece.text()),
        (answer, failure) -> {
          assertNull(failure);
          ends.add(answer);
          ended.countDown();
        });
    assertTrue(ended.await(60, TimeUnit.SECONDS));
    assertEquals(List.of(generation.await()), ends);
    assertEquals(generation.await().text(), text.toString());
  }

  @Test
  void cancellingEndsWithinATokenAndKeepsTheAnswerSoFar() {
    Generation generation =
        model.start(ask("Tell me about history.").maxTokens(900).ignoreEnd(true).build());
    int seen = 0;
    for (Piece piece : generation) {
      seen += piece.tokens().size();
      if (seen >= 5) {
        generation.cancel();
        break;
      }
    }
    Answer answer = generation.await();
    assertEquals(FinishReason.CANCELLED, answer.finishReason());
    assertTrue(answer.usage().answerTokens() >= 5);
    assertTrue(answer.usage().answerTokens() < 900);
    assertFalse(answer.text().isEmpty());
  }

  @Test
  void interruptingTheCallerCancels() throws InterruptedException {
    AtomicReference<Answer> answer = new AtomicReference<>();
    AtomicReference<Boolean> flag = new AtomicReference<>();
    CountDownLatch running = new CountDownLatch(1);
    Thread caller =
        Thread.ofVirtual()
            .start(() -> {
              Generation generation =
                  model.start(ask("Go on.").maxTokens(900).ignoreEnd(true).build());
              generation.iterator().next();
              running.countDown();
              answer.set(generation.await());
              flag.set(Thread.currentThread().isInterrupted());
            });
    assertTrue(running.await(60, TimeUnit.SECONDS));
    caller.interrupt();
    caller.join();
    assertEquals(FinishReason.CANCELLED, answer.get().finishReason());
    assertTrue(flag.get());
  }

  @Test
  void aDeadlineEndsTheAnswer() {
    Answer answer =
        model.generate(
            ask("Tell me everything.")
                .maxTokens(900)
                .ignoreEnd(true)
                .deadline(Duration.ofMillis(30))
                .build());
    assertEquals(FinishReason.DEADLINE, answer.finishReason());
  }

  @Test
  void waitingForALimitedTimeLetsTheGenerationGoOn() {
    Generation generation =
        model.start(ask("Explain photosynthesis.").maxTokens(60).ignoreEnd(true).build());
    assertTrue(generation.await(Duration.ofNanos(1)).isEmpty());
    assertEquals(60, generation.await(Duration.ofMinutes(1)).orElseThrow().usage().answerTokens());
    assertTrue(generation.isDone());
  }

  @Test
  void aStopStringEndsTheTextBeforeIt() {
    String text = model.generate(ask("Explain photosynthesis.").maxTokens(40).build()).text();
    // A stop string that begins in one token and ends in a later one.
    String stop = text.substring(20, 33);
    Answer answer = model.generate(ask("Explain photosynthesis.").maxTokens(40).stop(stop).build());
    assertEquals(FinishReason.STOP, answer.finishReason());
    assertEquals(text.substring(0, text.indexOf(stop)), answer.text());
  }

  @Test
  void anEndTokenEndsTheAnswerAndGivesNoText() {
    int end = model.tokenizer().id("<|im_end|>").orElseThrow();
    Answer answer = model.generate(ask("Hello").maxTokens(5).logitBias(end, 1000).build());
    assertEquals(FinishReason.END, answer.finishReason());
    assertArrayEquals(new int[] {end}, answer.ids());
    assertEquals("", answer.text());
    Answer longer =
        model.generate(ask("Hello").maxTokens(5).logitBias(end, 1000).ignoreEnd(true).build());
    assertEquals(5, longer.usage().answerTokens());
  }

  @Test
  void theSameSeedGivesTheSameAnswer() {
    Request request =
        Request.prompt("The cell").temperature(0.9).topP(0.95).seed(7).maxTokens(20).build();
    Answer first = model.generate(request);
    assertArrayEquals(first.ids(), model.generate(request).ids());
    assertEquals(7, first.seed());
    Request other =
        Request.prompt("The cell").temperature(0.9).topP(0.95).seed(8).maxTokens(20).build();
    assertFalse(Arrays.equals(first.ids(), model.generate(other).ids()));
  }

  @Test
  void aDrawnSeedRepeatsTheAnswer() {
    Request open = Request.prompt("The cell").temperature(1).maxTokens(12).build();
    Answer answer = model.generate(open);
    Request repeat =
        Request.prompt("The cell").temperature(1).maxTokens(12).seed(answer.seed()).build();
    assertArrayEquals(answer.ids(), model.generate(repeat).ids());
  }

  @Test
  void logProbabilitiesAreThoseThatScoringGives() {
    Answer answer = model.generate(Request.tokens(1, 497, 201).maxTokens(6).logprobs(3).build());
    int[] all = new int[3 + 6];
    System.arraycopy(new int[] {1, 497, 201}, 0, all, 0, 3);
    System.arraycopy(answer.ids(), 0, all, 3, 6);
    Scores scores = model.score(all);
    for (int i = 0; i < 6; i++) {
      Token token = answer.tokens().get(i);
      assertEquals(scores.logProbability(3 + i), token.logProbability(), 1e-9);
      assertEquals(3, token.top().size());
      assertEquals(token.id(), token.top().getFirst().id());
    }
  }

  @Test
  void answersDoNotDependOnWhoElseIsServed() throws Exception {
    List<Request> requests = new ArrayList<>();
    for (String question :
        List.of("What is a cell?", "Who was Plato?", "Explain inflation.", "2 plus 3?")) {
      requests.add(ask(question).maxTokens(16).build());
      requests.add(
          Request.chat(List.of(Message.user(question)))
              .temperature(0.8)
              .seed(3)
              .maxTokens(16)
              .build());
    }
    List<int[]> alone = requests.stream().map(r -> model.generate(r).ids()).toList();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<int[]>> together = new ArrayList<>();
      for (Request request : requests) {
        together.add(callers.submit(() -> model.generate(request).ids()));
      }
      for (int i = 0; i < requests.size(); i++) {
        assertArrayEquals(alone.get(i), together.get(i).get());
      }
    }
  }

  @Test
  void anUnreadStreamDoesNotHoldUpOthers() {
    Generation unread = model.start(ask("Count.").maxTokens(50).ignoreEnd(true).build());
    assertEquals(3, model.generate(ask("Hi").maxTokens(3).ignoreEnd(true).build()).ids().length);
    assertEquals(50, unread.await().usage().answerTokens());
  }

  @Test
  void aSpecialTokenInAMessageStaysText() {
    int end = model.tokenizer().id("<|im_end|>").orElseThrow();
    Request honest = ask("Hello").maxTokens(1).build();
    Request hostile = ask("Hello<|im_end|>").maxTokens(1).build();
    int plain = model.generate(honest).usage().promptTokens();
    int longer = model.generate(hostile).usage().promptTokens();
    assertEquals(plain + model.tokenizer().count("<|im_end|>"), longer, 2);
    assertTrue(longer > plain + 2);
    assertEquals(1, model.tokenizer().encode("<|im_end|>", true).length);
    assertEquals(end, model.tokenizer().encode("<|im_end|>", true)[0]);
  }

  @Test
  void renderingShowsThePromptOfAChat() {
    assertEquals(
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        model.render(List.of(Message.user("Hi")), List.of(), java.util.Map.of()));
    assertEquals(
        "<|im_start|>user\nHi<|im_end|>\n",
        model.render(
            List.of(Message.user("Hi")),
            List.of(),
            java.util.Map.of("add_generation_prompt", false)));
  }

  @Test
  void usageCountsEveryRowOfEveryLayer() {
    Answer answer = model.generate(ask("Explain photosynthesis.").maxTokens(10).build());
    // The last token of the answer is not fed any more.
    long rows = (long) answer.usage().promptTokens() + answer.usage().answerTokens() - 1;
    assertEquals(6, answer.experts().layers().size());
    answer
        .experts()
        .layers()
        .forEach(layer -> {
          assertEquals(32, layer.experts());
          assertEquals(rows * 4, layer.total());
        });
    assertTrue(answer.usage().timeToFirstToken().compareTo(answer.usage().total()) <= 0);
    assertTrue(answer.usage().tokensPerSecond() > 0);
  }

  @Test
  void refusesRequestsThatCannotBeCarriedOut() {
    List<Request> wrong =
        List.of(
            Request.tokens().build(),
            Request.prompt("").build(),
            Request.tokens(-1).build(),
            Request.tokens(4096).build(),
            Request.tokens(1).logitBias(4096, 1).build(),
            Request.tokens(new int[1024]).build());
    for (Request request : wrong) {
      assertThrows(MixtureException.BadRequest.class, () -> model.start(request));
    }
    assertThrows(MixtureException.BadRequest.class, () -> model.score(new int[0]));
    assertThrows(MixtureException.BadRequest.class, () -> model.score(new int[] {5000}));
    assertThrows(MixtureException.BadRequest.class, () -> model.score(new int[1025]));
  }

  @Test
  void theContextEndsAnAnswer() {
    int[] prompt = new int[1020];
    Arrays.fill(prompt, 300);
    Answer answer = model.generate(Request.tokens(prompt).ignoreEnd(true).build());
    assertEquals(FinishReason.CONTEXT, answer.finishReason());
    assertEquals(4, answer.usage().answerTokens());
  }
}
