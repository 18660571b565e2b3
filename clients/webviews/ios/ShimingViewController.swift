// The holder's pages in a WKWebView (iOS 15 and newer). Present it with the address that your server has made:
//   present(UINavigationController(rootViewController: ShimingViewController(url) { returned in … }), animated: true)
// Info.plist — Trap: without it the app is killed at the first request for the camera:
//   <key>NSCameraUsageDescription</key><string>用于拍摄身份证和进行人脸核验。</string>
import UIKit
import WebKit

final class ShimingViewController: UIViewController, WKUIDelegate, WKNavigationDelegate {
    private let home: URL
    private let ended: (URL) -> Void
    private lazy var view_ = WKWebView(frame: .zero, configuration: ShimingViewController.configuration())

    init(_ url: URL, ended: @escaping (URL) -> Void) {
        self.home = url
        self.ended = ended
        super.init(nibName: nil, bundle: nil)
    }

    required init?(coder: NSCoder) { fatalError("made in code") }

    private static func configuration() -> WKWebViewConfiguration {
        let made = WKWebViewConfiguration()
        made.allowsInlineMediaPlayback = true                    // Trap: else the camera's picture hides the guidance
        made.mediaTypesRequiringUserActionForPlayback = []
        made.websiteDataStore = .default()                       // .nonPersistent() forgets: the address works once
        return made
    }

    override func viewDidLoad() {
        super.viewDidLoad()
        view_.uiDelegate = self
        view_.navigationDelegate = self
        view_.frame = view.bounds
        view_.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        view.addSubview(view_)
        view_.load(URLRequest(url: home))
    }

    private func ours(_ host: String?, _ scheme: String?) -> Bool { host == home.host && scheme == home.scheme }

    // Trap: without this each page asks anew. The camera, for our origin, and nothing else; the system's own question
    // (NSCameraUsageDescription) still comes the first time.
    func webView(_ webView: WKWebView, requestMediaCapturePermissionFor origin: WKSecurityOrigin,
                 initiatedByFrame frame: WKFrameInfo, type: WKMediaCaptureType,
                 decisionHandler: @escaping (WKPermissionDecision) -> Void) {
        decisionHandler(type == .camera && ours(origin.host, origin.protocol) ? .grant : .deny)
    }

    // The last page leads to your return_url: there this ends, and your server knows how it went.
    func webView(_ webView: WKWebView, decidePolicyFor action: WKNavigationAction,
                 decisionHandler: @escaping (WKNavigationActionPolicy) -> Void) {
        guard let url = action.request.url, action.targetFrame?.isMainFrame != false else { return decisionHandler(.allow) }
        if ours(url.host, url.scheme) || url.scheme == "about" { return decisionHandler(.allow) }
        decisionHandler(.cancel)
        dismiss(animated: true) { self.ended(url) }
    }

    // Trap: the system ends the page's process when memory is short; a white page stays. What was handed in is kept.
    func webViewWebContentProcessDidTerminate(_ webView: WKWebView) { webView.reload() }
}
