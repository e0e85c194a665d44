// Runs before the scripts of each page: knows whether the server has answered everything that the page has sent.
// A click is followed by a message, and the page looks finished until the first answer to it arrives.
// window.socketDelay, in ms, holds messages back, as a slow machine does: see CONTRIBUTING.md.
(() => {
  const asked = { waiting: 0, unanswered: false, answers: 0 };
  /** Whether everything was answered, and how many messages have come so far. */
  window.serverHasAnswered = () => asked.waiting === 0 && !asked.unanswered;
  window.serverAnswers = () => asked.answers;

  window.WebSocket = class extends WebSocket {
    constructor(url, ...others) {
      super(url, ...others);
      if (String(url).includes("/_stcore/")) {
        this.isWatched = true;
        this.addEventListener("message", () => {
          asked.unanswered = false;
          asked.answers += 1;
        });
        this.addEventListener("close", () => {
          Object.assign(asked, { waiting: 0, unanswered: false });
        });
      }
    }

    send(data) {
      if (!this.isWatched) {
        super.send(data);
        return;
      }
      asked.waiting += 1;
      const send = () => {
        asked.waiting = Math.max(0, asked.waiting - 1);
        if (this.readyState === WebSocket.OPEN) {
          super.send(data);
          asked.unanswered = true;
        }
      };
      window.socketDelay ? setTimeout(send, window.socketDelay) : send();
    }
  };
})();
