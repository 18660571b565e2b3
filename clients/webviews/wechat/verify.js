// The holder's pages in a WeChat mini-program, as a page of its own: wx.navigateTo({ url: '/pages/verify/verify' }).
// In mp.weixin.qq.com, 开发管理 → 开发设置: your server under request 合法域名, your installation's domain under 业务域名
// (https, with the check file at its root: let your proxy serve it). Traps:
//   - a personal mini-program has no web-view; it takes a company's account;
//   - `postMessage` of a web-view arrives only when the page is left, shared or destroyed: do not wait for it;
//   - the camera is the page's own question (getUserMedia): base library 2.10.4 and newer on iOS 14.3, any X5 on Android;
//     nothing about it goes into app.json, and `scope.camera` is for <camera>, not for web-view;
//   - the address works once: it is asked for here, when it is opened, and not by the page before.
Page({
  data: { url: '', text: '正在打开……' },

  onLoad() {
    wx.request({
      url: 'https://api.your.app/verify-link', // your server: POST /v1/verifications, or …/links to go on
      method: 'POST',
      header: { Authorization: wx.getStorageSync('session') },
      success: ({ statusCode, data }) => {
        // return_url of the verification: a page of yours with wx.miniProgram.navigateBack() in it (jweixin 1.3.2 and newer)
        this.setData(statusCode === 200 ? { url: data.url } : { text: '暂时打不开，请返回后再试一次。' })
      },
      fail: () => this.setData({ text: '网络不通，请检查网络后返回再试。' }),
    })
  },

  failed() {
    this.setData({ url: '', text: '页面没有打开，请返回后再试一次。' })
  },

  // Back here, ask your server how it went; it knows by webhook.
  onUnload() {
    const opener = this.getOpenerEventChannel && this.getOpenerEventChannel()
    if (opener && opener.emit) opener.emit('left')
  },
})
