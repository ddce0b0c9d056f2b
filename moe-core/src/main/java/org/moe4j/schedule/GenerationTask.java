// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.moe4j.Answer;
import org.moe4j.FinishReason;
import org.moe4j.Generation;
import org.moe4j.MixtureException;
import org.moe4j.Piece;
import org.moe4j.Router;
import org.moe4j.Token;
import org.moe4j.Usage;
import org.moe4j.decode.Decoder;
import org.moe4j.sample.Sampler;

/** One answer: the engine feeds and samples it, callers hold it as a {@link Generation}. */
final class GenerationTask extends Task implements Generation {

  private final GenerationPlan plan;
  private final Sampler sampler;
  private final StopMatcher stops;
  private final RoutingCounts counts;
  private final Outcome<Piece, Answer> outcome = new Outcome<>();
  private final long created = System.nanoTime();
  private final @Nullable Router[] routers;

  private ImmutableIntArray feed;
  private int fed;
  private final List<Token> tokens = new ArrayList<>();
  private final List<Token> unsent = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private @Nullable FinishReason finished;
  private volatile boolean cancelled;
  private long admittedAt;
  private long firstTokenAt;

  GenerationTask(GenerationPlan plan, Sampler sampler, Decoder decoder) {
    this.plan = plan;
    this.sampler = sampler;
    stops = new StopMatcher(plan.stops());
    counts = new RoutingCounts(decoder);
    routers = new Router[decoder.layers()];
    feed = plan.prompt();
  }

  // ------------------------------------------------------- the engine's side

  @Override
  int mostPositions() {
    return (int) Math.min(plan.contextLength(), (long) plan.prompt().length() + plan.maxTokens());
  }

  /** The answer counts if the caller limits it. */
  @Override
  int announced() {
    return plan.maxTokens() == Integer.MAX_VALUE ? plan.prompt().length() : mostPositions();
  }

  @Override
  int pending() {
    return feed.length() - fed;
  }

  @Override
  int logitsOf(int rows) {
    return rows == pending() ? 1 : 0;
  }

  @Override
  boolean wantsEveryLogit() {
    return false;
  }

  @Override
  ImmutableIntArray take(int rows) {
    ImmutableIntArray next = feed.subArray(fed, fed + rows);
    fed += rows;
    return next;
  }

  @Override
  Router router(int layer, Router own) {
    if (plan.routers() == null) {
      return own;
    }
    Router router = routers[layer];
    if (router == null) {
      Router chosen = plan.routers().apply(layer);
      router = chosen == null ? own : chosen;
      routers[layer] = router;
    }
    return router;
  }

  @Override
  void admitted() {
    admittedAt = System.nanoTime();
  }

  @Override
  @Nullable FinishReason interruption() {
    if (cancelled) {
      return FinishReason.CANCELLED;
    }
    Duration deadline = plan.deadline();
    return deadline != null && System.nanoTime() - created >= deadline.toNanos()
        ? FinishReason.DEADLINE
        : null;
  }

  @Override
  boolean isFinished() {
    return finished != null;
  }

  @Override
  void stepped(StepResult step) {
    counts.add(step);
    if (step.logits() == 0) {
      return;
    }
    Token token = sampler.next(step.decoder().logits(step.firstLogit()));
    if (tokens.isEmpty()) {
      firstTokenAt = System.nanoTime();
    }
    tokens.add(token);
    unsent.add(token);
    boolean end = plan.endIds().contains(token.id());
    if (plan.text() == null) {
      send("");
    } else if (!end) {
      show(stops.add(plan.text().add(token.id())));
    }
    if (end) {
      end(FinishReason.END);
    } else if (stops.stopped()) {
      end(FinishReason.STOP);
    } else if (tokens.size() >= plan.maxTokens()) {
      end(FinishReason.MAX_TOKENS);
    } else if (state().length() + 1 >= plan.contextLength()) {
      end(FinishReason.CONTEXT);
    } else {
      feed = ImmutableIntArray.of(token.id());
      fed = 0;
    }
  }

  private void show(String shown) {
    text.append(shown);
    if (!shown.isEmpty()) {
      send(shown);
    }
  }

  private void send(String shown) {
    outcome.add(new Piece(shown, unsent));
    unsent.clear();
  }

  @Override
  void end(FinishReason reason) {
    if (finished != null) {
      return;
    }
    finished = reason;
    if (plan.text() != null && !stops.stopped()) {
      text.append(flush(plan.text()));
    }
    if (!unsent.isEmpty()) {
      send("");
    }
    long now = System.nanoTime();
    long admitted = admittedAt == 0 ? now : admittedAt;
    long first = firstTokenAt == 0 ? now : firstTokenAt;
    Usage usage =
        new Usage(
            plan.prompt().length(),
            tokens.size(),
            Duration.ofNanos(admitted - created),
            Duration.ofNanos(first - created),
            Duration.ofNanos(now - created));
    outcome.complete(
        new FinishedAnswer(text.toString(), tokens, reason, usage, counts.usage(), plan.seed()));
  }

  /**
   * Sends what was held back; it may still hold a stop string that only the last bytes complete.
   */
  private String flush(TextStream stream) {
    String rest = stops.add(stream.finish());
    rest += stops.finish();
    if (!rest.isEmpty()) {
      send(rest);
    }
    return rest;
  }

  @Override
  void fail(MixtureException failure) {
    finished = FinishReason.CANCELLED;
    outcome.fail(failure);
  }

  @Override
  void closed() {
    end(FinishReason.CANCELLED);
  }

  // ------------------------------------------------------- the caller's side

  @Override
  public Iterator<Piece> iterator() {
    return new Iterator<>() {
      private int index;

      @Override
      public boolean hasNext() {
        return outcome.item(index, GenerationTask.this::cancel).isPresent();
      }

      @Override
      public Piece next() {
        Piece piece =
            outcome
                .item(index, GenerationTask.this::cancel)
                .orElseThrow(() -> new NoSuchElementException("the answer has ended"));
        index++;
        return piece;
      }
    };
  }

  @Override
  public Generation listen(
      Consumer<? super Piece> onPiece,
      BiConsumer<? super @Nullable Answer, ? super @Nullable MixtureException> onEnd) {
    Thread.ofVirtual()
        .name("moe4j-listener")
        .start(() -> {
          try {
            for (Piece piece : this) {
              onPiece.accept(piece);
            }
          } catch (MixtureException failure) {
            onEnd.accept(null, failure);
            return;
          }
          onEnd.accept(await(), null);
        });
    return this;
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  @Override
  public boolean isDone() {
    return outcome.isDone();
  }

  @Override
  public Answer await() {
    return outcome.result(this::cancel);
  }

  @Override
  public Optional<Answer> await(Duration timeout) {
    return outcome.result(timeout, this::cancel);
  }

  @Override
  public void close() {
    cancel();
  }
}
