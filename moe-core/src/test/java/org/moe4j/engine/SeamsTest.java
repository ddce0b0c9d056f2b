// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.moe4j.Answer;
import org.moe4j.Expert;
import org.moe4j.ExpertUsage;
import org.moe4j.Generation;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.PerExpert;
import org.moe4j.Request;
import org.moe4j.Router;
import org.moe4j.Routers;
import org.moe4j.RoutingRule;
import org.moe4j.ScoredTopK;
import org.moe4j.Scores;
import org.moe4j.SoftmaxTopK;
import org.moe4j.demo.DemoModel;

/** Routers and experts can be read, wrapped and replaced. */
@Timeout(120)
class SeamsTest {

  private static final int[] PROMPT = {1, 497, 201, 1083, 1908, 351, 1628, 86, 2555, 16, 2, 201};

  private static MixtureModel model;

  @BeforeAll
  static void open() {
    model = MixtureModel.open(DemoModel.path());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Request.Builder request() {
    return Request.tokens(PROMPT).temperature(0).maxTokens(8).ignoreEnd(true);
  }

  @Test
  void theModelsRouterIsAValue() {
    assertEquals(new SoftmaxTopK(4, true), model.router(0));
    assertThrows(MixtureException.BadRequest.class, () -> model.router(6));
    assertThrows(MixtureException.BadRequest.class, () -> model.router(-1));
  }

  @Test
  void oneRequestCanUseFewerExperts() {
    Answer full = model.generate(request().build());
    Answer one =
        model.generate(request().router(layer -> Routers.atMost(1, model.router(layer))).build());
    ExpertUsage.Layer fullUse = full.experts().layer(3);
    assertEquals(fullUse.total(), 4 * one.experts().layer(3).total());
    // The next request is not touched by it.
    assertArrayEquals(full.ids(), model.generate(request().build()).ids());
  }

  @Test
  void maskedExpertsNeverRun() {
    Set<Integer> out = Set.of(0, 3, 5, 8, 13, 21, 30);
    Answer answer =
        model.generate(
            request().router(layer -> Routers.without(out, model.router(layer))).build());
    for (ExpertUsage.Layer layer : answer.experts().layers()) {
      out.forEach(expert -> assertEquals(0, layer.count(expert)));
      assertEquals((PROMPT.length + 7) * 4L, layer.total());
    }
  }

  @Test
  void aCallersRouterThatDoesWhatTheModelsDoesChangesNothing() {
    Router[] own = new Router[6];
    AtomicLong rows = new AtomicLong();
    for (int layer = 0; layer < 6; layer++) {
      own[layer] =
          Routers.observe(model.router(layer), (logits, routing) -> rows.addAndGet(logits.rows()));
    }
    Answer answer = model.generate(request().router(layer -> own[layer]).build());
    assertArrayEquals(model.generate(request().build()).ids(), answer.ids());
    assertEquals((PROMPT.length + 7) * 6L, rows.get());
  }

  @Test
  void aRouterThatFailsFailsItsRequestAlone() throws Exception {
    int[] expected = model.generate(request().maxTokens(30).build()).ids();
    var good = model.start(request().maxTokens(30).build());
    Router broken =
        (logits, routing) -> {
          throw new IllegalStateException("no idea");
        };
    Router empty = (logits, routing) -> {};
    Router twice =
        (logits, routing) -> {
          routing.add(0, 1, 1);
          routing.add(0, 1, 1);
        };
    for (Router bad : List.of(broken, empty, twice)) {
      MixtureException.Failed failure =
          assertThrows(
              MixtureException.Failed.class,
              () -> model.generate(request().router(layer -> bad).build()));
      assertTrue(failure.getMessage().contains("router of layer"), failure.getMessage());
    }
    assertArrayEquals(expected, good.await().ids());
  }

  @Test
  void neighboursWithEqualRulesAnswerAsIfAlone() throws Exception {
    RoutingRule rule = ScoredTopK.sigmoid(2).normalised(1e-20).withScale(0.5);
    int[] alone = model.generate(request().router(layer -> rule).build()).ids();
    assertFalse(Arrays.equals(model.generate(request().build()).ids(), alone));
    List<Generation> neighbours = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RoutingRule own = i % 2 == 0 ? rule : new SoftmaxTopK(4, true);
      neighbours.add(model.start(request().maxTokens(30).router(layer -> own).build()));
    }
    assertArrayEquals(alone, Arrays.copyOf(neighbours.get(0).await().ids(), alone.length));
    assertArrayEquals(neighbours.get(0).await().ids(), neighbours.get(2).await().ids());
    assertArrayEquals(neighbours.get(1).await().ids(), neighbours.get(3).await().ids());
  }

  @Test
  void aRuleThatDoesNotFitTheLayerFailsEveryRequestThatBringsIt() {
    RoutingRule wrong = ScoredTopK.sigmoid(2).withBias(PerExpert.of(1, 2, 3));
    List<Generation> neighbours = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      neighbours.add(model.start(request().maxTokens(30).router(layer -> wrong).build()));
    }
    for (Generation neighbour : neighbours) {
      MixtureException.Failed failure =
          assertThrows(MixtureException.Failed.class, neighbour::await);
      assertTrue(failure.getMessage().contains("do not fit"), failure.getMessage());
    }
  }

  @Test
  void anExpertCanBeLookedAtAndApplied() {
    Expert expert = model.expert(5, 17);
    assertEquals(5, expert.info().layer());
    assertEquals(17, expert.info().index());
    assertEquals(256, expert.info().hiddenSize());
    assertEquals(128, expert.info().intermediateSize());
    assertEquals(3 * 128 * 256, expert.info().parameters());
    assertEquals(3 * 128 * 256 / 32 * 34, expert.info().bytes());
    assertEquals(List.of("Q8_0", "Q8_0", "Q8_0"), expert.info().tensorTypes());
    float[] rows = new float[2 * 256];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) Math.sin(i);
    }
    float[] both = expert.apply(rows, 2);
    float[] second = expert.apply(Arrays.copyOfRange(rows, 256, 512), 1);
    assertArrayEquals(second, Arrays.copyOfRange(both, 256, 512));
    assertFalse(Arrays.equals(second, Arrays.copyOf(both, 256)));
    assertThrows(MixtureException.BadRequest.class, () -> expert.apply(rows, 3));
    assertThrows(MixtureException.BadRequest.class, () -> model.expert(5, 32));
  }

  @Test
  void aCallersExpertTakesThePlaceOfTheModels() {
    Scores own = model.score(PROMPT, Scores.Detail.LOGITS, Scores.Detail.ROUTING);
    int[] used = own.experts(2, PROMPT.length - 1);
    Expert original = model.expert(2, used[0]);
    AtomicLong rows = new AtomicLong();
    Expert counted =
        (hidden, count) -> {
          rows.addAndGet(count);
          return original.apply(hidden, count);
        };
    try (MixtureModel replaced =
        MixtureModel.builder(DemoModel.path()).expert(2, used[0], counted).open()) {
      assertFalse(replaced.expert(2, used[0]).info().builtIn());
      float[] logits = replaced.score(PROMPT, Scores.Detail.LOGITS).logits(PROMPT.length - 1);
      assertArrayEquals(own.logits(PROMPT.length - 1), logits, 1e-4f);
      long expected = 0;
      for (int i = 0; i < PROMPT.length; i++) {
        for (int expert : own.experts(2, i)) {
          expected += expert == used[0] ? 1 : 0;
        }
      }
      assertEquals(expected, rows.get());
    }
  }

  @Test
  void anExpertThatFailsFailsTheRequestsThatUseItAndTheModelLives() {
    Expert broken =
        (hidden, rows) -> {
          throw new IllegalStateException("out of order");
        };
    Expert wrongSize = (hidden, rows) -> new float[1];
    for (Expert bad : List.of(broken, wrongSize)) {
      try (MixtureModel fragile = MixtureModel.builder(DemoModel.path()).expert(1, 4, bad).open()) {
        MixtureException.Failed failure =
            assertThrows(
                MixtureException.Failed.class,
                () -> fragile.generate(request().router(layer -> only(4)).build()));
        assertTrue(failure.getMessage().contains("expert 4 of layer 1"), failure.getMessage());
        Answer without =
            fragile.generate(
                request()
                    .router(layer -> Routers.without(Set.of(4), fragile.router(layer)))
                    .build());
        assertEquals(8, without.usage().answerTokens());
      }
    }
  }

  /** Chooses the same expert for every row. */
  private static Router only(int expert) {
    return (logits, routing) -> {
      for (int row = 0; row < logits.rows(); row++) {
        routing.add(row, expert, 1);
      }
    };
  }

  @Test
  void replacementsOfPartsThatDoNotExistAreRefused() {
    Expert expert = (hidden, rows) -> hidden;
    assertThrows(
        MixtureException.BadRequest.class,
        () -> MixtureModel.builder(DemoModel.path()).expert(6, 0, expert).open());
    assertThrows(
        MixtureException.BadRequest.class,
        () -> MixtureModel.builder(DemoModel.path()).expert(0, 32, expert).open());
    assertThrows(
        MixtureException.BadRequest.class,
        () -> MixtureModel.builder(DemoModel.path()).router(9, new SoftmaxTopK(1, true)).open());
  }

  @Test
  void aModelCanBeOpenedWithOtherRouters() {
    try (MixtureModel two =
        MixtureModel.builder(DemoModel.path())
            .router(0, Routers.atMost(2, new SoftmaxTopK(4, true)))
            .open()) {
      Answer answer = two.generate(request().build());
      assertEquals((PROMPT.length + 7) * 2L, answer.experts().layer(0).total());
      assertEquals((PROMPT.length + 7) * 4L, answer.experts().layer(1).total());
      assertEquals(Routers.atMost(2, new SoftmaxTopK(4, true)), two.router(0));
    }
  }
}
